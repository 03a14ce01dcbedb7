import { plainName } from "../sources/columns.js";

/** What a column may be to an import. */
export type ColumnRole =
  | "user"
  | "item"
  | "time"
  | "kind"
  | "eventId"
  | "weight"
  | "session"
  | "title"
  | "category"
  | "latitude"
  | "longitude";

/** Names that people give such columns, the surest first; compared without case, blanks and marks between words. */
const NAMES: Readonly<Record<ColumnRole, RegExp>> = {
  user: /^(?:user|users|userid|uid|u|usr|usrid|customer|customerid|client|clientid|visitor|visitorid|member|memberid|reviewer|reviewerid|account|accountid|person|personid|player|playerid|steamid|listener|author|authorid|who)$/,
  item: /^(?:item|items|itemid|iid|i|product|productid|sku|asin|movie|movieid|film|book|bookid|isbn|song|songid|track|trackid|artist|artistid|venue|venueid|poi|poiid|place|placeid|location|locationid|article|articleid|news|newsid|video|videoid|business|businessid|listing|listingid|recipe|recipeid|anime|animeid|game|gameid|stockcode|content|contentid|adid|paper|job|jobid|what)$/,
  time: /^(?:time|timestamp|ts|t|date|datetime|day|at|when|created|createdat|eventtime|eventtimestamp|unixtime|unixreviewtime|reviewtime|invoicedate|orderdate|utctime|checkintime|visitedat|listenedat|submittedat|datesubmitted|ratedat|clicktime|epoch|instant)$/,
  kind: /^(?:kind|event|eventkind|eventtype|eventname|action|actiontype|activity|behavior|behaviour|behaviortype|interaction|interactiontype|type|feedback|feedbacktype)$/,
  eventId: /^(?:eventid|eventuuid|eventkey|messageid|insertid)$/,
  weight:
    /^(?:weight|rating|ratings|stars|star|score|overall|count|counts|plays|playcount|quantity|qty|hours|watchratio|value)$/,
  session:
    /^(?:session|sessionid|sid|visit|visitid|trajectory|trajectoryid|basket|basketid|orderid|invoice|invoiceno)$/,
  title: /^(?:title|name|itemname|producttitle|productname|movietitle|itemtitle|tracktitle|description)$/,
  category: /^(?:category|categories|genre|genres|categoryname|categorycode|itemcategory|venuecategory)$/,
  latitude: /^(?:lat|latitude)$/,
  longitude: /^(?:lon|lng|long|longitude)$/,
};

/** Whether the name is one that such columns have. */
export function isNamed(name: string, role: ColumnRole): boolean {
  return NAMES[role].test(plainName(name).replaceAll(/[\s_.-]/g, ""));
}

/** The element arrays a block can hold. */
export type BlockArray = Float32Array | Int32Array | Uint32Array | Int8Array | Uint8Array;

type ArrayMaker<A extends BlockArray> = new (buffer: ArrayBufferLike, offset: number, length: number) => A;

/**
 * A run of elements in an engine's memory: what kernels take and give. `array` is a view of the very bytes, made when
 * first asked for, valid until the block is freed. A freed block has length -1, which no shape check accepts.
 */
export class Block<A extends BlockArray> {
  /** Address of the first element, bytes from the start of the memory. */
  readonly offset: number;
  private elements: number;
  private readonly buffer: () => ArrayBufferLike;
  private readonly maker: ArrayMaker<A>;
  private view: A | undefined;
  /** The memory that may free this block; undefined for a part of another. */
  readonly owner: object | undefined;
  /** Bytes set aside for it. */
  readonly reservedBytes: number;

  constructor(
    maker: ArrayMaker<A>,
    buffer: () => ArrayBufferLike,
    offset: number,
    length: number,
    owner?: object,
    reservedBytes = 0,
  ) {
    this.maker = maker;
    this.buffer = buffer;
    this.offset = offset;
    this.elements = length;
    this.view = undefined;
    this.owner = owner;
    this.reservedBytes = reservedBytes;
  }

  /** Number of elements; -1 once freed. */
  get length(): number {
    return this.elements;
  }

  /** The elements themselves, not a copy. */
  get array(): A {
    return (this.view ??= new this.maker(this.buffer(), this.offset, this.elements));
  }

  /** The elements [start, start + length) as a block of their own over the same bytes; only the whole can be freed. */
  part(start: number, length: number): Block<A> {
    if (!(start >= 0 && length >= 0 && start + length <= this.elements)) {
      throw new RangeError(`a part [${start}, ${start + length}) does not fit a block of ${this.elements} elements.`);
    }
    const bytes = (this.maker as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
    return new Block(this.maker, this.buffer, this.offset + start * bytes, length);
  }

  /** Marks the block as freed; called by the memory that owns it. */
  retire(): void {
    this.elements = -1;
    this.view = undefined;
  }
}

/** float32 elements. */
export type Floats = Block<Float32Array>;
/** int32 elements: indices, counts. */
export type Ints = Block<Int32Array>;
/** uint32 elements: bitmaps. */
export type Words = Block<Uint32Array>;
/** int8 elements: quantised vectors. */
export type SignedBytes = Block<Int8Array>;
/** uint8 elements: masks. */
export type Bytes = Block<Uint8Array>;

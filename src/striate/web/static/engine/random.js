/**
 * Torch's random numbers, from the same seed the same ones: the initialization, the order of the pictures and their augmentation
 * are then those of `striate train`. Source: torch's CPUGeneratorImpl, DistributionTemplates and randperm; Matsumoto and Nishimura 1998.
 */

const SIZE = 624, PERIOD = 397;

/** The Mersenne Twister. */
export class Generator {
  /** @param {number} seed of which the lower 32 bits count */
  constructor(seed) {
    this.state = new Uint32Array(SIZE);
    this.state[0] = seed;
    for (let index = 1; index < SIZE; index++) {
      const before = this.state[index - 1];
      this.state[index] = Math.imul(1812433253, before ^ (before >>> 30)) + index;
    }
    this.next = SIZE;
    /** The second of two normal numbers, which are drawn together. @type {number | null} */
    this.normal = null;
  }

  /** The next 32 bits. */
  bits() {
    if (this.next === SIZE) this.twist();
    let value = this.state[this.next++];
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    return (value ^ (value >>> 18)) >>> 0;
  }

  twist() {
    const { state } = this;
    for (let index = 0; index < SIZE; index++) {
      const mixed = (state[index] & 0x80000000) | (state[(index + 1) % SIZE] & 0x7fffffff);
      state[index] = state[(index + PERIOD) % SIZE] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }

  /** Of single precision, in [0, 1). */
  uniform() {
    return (this.bits() & 0xffffff) / 2 ** 24;
  }

  /** Of double precision, in [0, 1). */
  uniformDouble() {
    const high = this.bits(), low = this.bits();
    return ((high & 0x1fffff) * 2 ** 32 + low) / 2 ** 53;
  }
}

/** The numbers from 0 in any order. @param {number} count @param {Generator} generator */
export function permutation(count, generator) {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let index = 0; index < count - 1; index++) {
    const other = index + (generator.bits() % (count - index));
    [order[index], order[other]] = [order[other], order[index]];
  }
  return order;
}

/**
 * Uniform numbers from `least` to `most`.
 * @param {Float32Array} to
 * @param {number} least
 * @param {number} most
 * @param {Generator} generator
 */
export function fillUniform(to, least, most, generator) {
  for (let at = 0; at < to.length; at++) to[at] = generator.uniform() * (most - least) + least;
}

/**
 * Normal numbers around 0: torch has one way for many, and one for fewer than 16.
 * @param {Float32Array} to
 * @param {number} deviation
 * @param {Generator} generator
 */
export function fillNormal(to, deviation, generator) {
  if (to.length < 16) {
    for (let at = 0; at < to.length; at++) to[at] = normal(generator) * deviation;
    return;
  }
  fillUniform(to, 0, 1, generator);
  for (let at = 0; at + 16 <= to.length; at += 16) makeNormal(to.subarray(at, at + 16), deviation);
  if (to.length % 16 === 0) return;
  const last = to.subarray(to.length - 16); // overlaps those before, which are drawn again
  fillUniform(last, 0, 1, generator);
  makeNormal(last, deviation);
}

/**
 * Sixteen uniform numbers made normal. Source: Box and Muller 1958.
 * @param {Float32Array} sixteen
 * @param {number} deviation
 */
function makeNormal(sixteen, deviation) {
  for (let at = 0; at < 8; at++) {
    const radius = Math.sqrt(-2 * Math.log(1 - sixteen[at])) * deviation, angle = 2 * Math.PI * sixteen[at + 8];
    sixteen[at] = radius * Math.cos(angle);
    sixteen[at + 8] = radius * Math.sin(angle);
  }
}

/** @param {Generator} generator */
function normal(generator) {
  if (generator.normal !== null) {
    const kept = generator.normal;
    generator.normal = null;
    return kept;
  }
  const angle = 2 * Math.PI * generator.uniformDouble(), radius = Math.sqrt(-2 * Math.log1p(-generator.uniformDouble()));
  generator.normal = radius * Math.sin(angle);
  return radius * Math.cos(angle);
}

/** As torch.randn draws them. @param {number} seed @param {number} count */
export function normals(seed, count) {
  const numbers = new Float32Array(count);
  fillNormal(numbers, 1, new Generator(seed));
  return numbers;
}

/**
 * The model file: safetensors with the weights, and as metadata what a model means, as striate/nn/model_file.py reads and writes it.
 */

import { product } from "./plan.js";
import { tensor } from "./tensor.js";

/** @import { ModelFile, Tensor } from "./types.d.ts" */

const FORMAT = 1;

/**
 * A model file's content. It was checked where it comes from: what does not fit is an error without advice.
 * @param {Uint8Array} bytes
 * @returns {ModelFile}
 */
export function readModelFile(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const start = 8 + length;
  const { __metadata__: { striate }, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const { format, table, classes, training, scores, reliability } = JSON.parse(striate);
  if (format !== FORMAT) throw new Error(`a model of format ${format}`);
  const parameters = new Map(Object.entries(entries).map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
    const content = bytes.slice(start + from, start + to).buffer; // a copy, which is aligned
    const numbers = dtype === "I64" ? Float32Array.from(new BigInt64Array(content), Number) : new Float32Array(content);
    return [name, tensor(shape, numbers)];
  }));
  return { table, classes, training, scores, parameters, ...(reliability ? { reliability } : {}) };
}

/** The bytes of a model file. @param {ModelFile} model */
export function writeModelFile({ table, classes, training, scores, parameters, reliability }) {
  const text = JSON.stringify({ format: FORMAT, table, classes, training, scores, reliability });
  const parts = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, parameter]) => ({ name, ...packed(name, parameter) }));
  const encoder = new TextEncoder();
  const checksum = parts.reduce((sum, { content }) => crc32(content, sum), crc32(encoder.encode(text)));
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { crc32: checksum.toString(16).padStart(8, "0"), striate: text } };
  const byAlignment = [...parts].sort((a, b) => b.align - a.align); // counters first, so that each begins at a multiple of its size
  let end = 0;
  for (const { name, dtype, shape, content } of byAlignment) {
    header[name] = { dtype, shape, data_offsets: [end, end + content.length] };
    end += content.length;
  }
  const written = encoder.encode(JSON.stringify(header));
  const length = Math.ceil(written.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(32, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(written, 8);
  let at = 8 + length;
  for (const { content } of byAlignment) {
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

/** @param {string} name @param {Tensor} parameter */
function packed(name, { shape, data }) {
  if (!name.endsWith(".num_batches_tracked")) {
    return { dtype: "F32", shape, align: 4, content: new Uint8Array(data.buffer, data.byteOffset, 4 * product(shape)) };
  }
  return { dtype: "I64", shape, align: 8, content: new Uint8Array(BigInt64Array.from(data, BigInt).buffer) };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** CRC-32, as zlib has it, of bytes that follow others. @param {Uint8Array} bytes @param {number} [before] that of the others */
export function crc32(bytes, before = 0) {
  let sum = ~before;
  for (let at = 0; at < bytes.length; at++) sum = CRC_TABLE[(sum ^ bytes[at]) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}

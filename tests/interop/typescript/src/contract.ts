/** The messages of proto/symbolon, read when this is loaded: nothing generated is kept. */
import path from "node:path";
import protobuf from "protobufjs";
import { as } from "./refused.js";

/** The root of the repository. */
export const ROOT = process.env["SYMBOLON_ROOT"] ?? path.resolve(import.meta.dirname ?? ".", "../../../../..");
export const PROTO = path.join(ROOT, "proto");

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith("google/") ? target : path.join(PROTO, target));
root.loadSync(["symbolon/v1/documents.proto", "symbolon/v1/notices.proto", "symbolon/v1/disclosure.proto"]);

// google/rpc/status.proto and error_details.proto, as far as they are read here.
const RPC = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; }
`).root;

/** A message as an object; its fields are named as in the contract, in camel case. */
export type Fields = Record<string, any>;

export function decode(name: string, bytes: Uint8Array): Fields {
  const type = root.lookupType(`symbolon.v1.${name}`);
  return as("encoding", () => type.toObject(type.decode(bytes), { defaults: true, longs: Number, bytes: Buffer }));
}

/**
 * Every field by its name in the contract: bytes as hexadecimal, times in seconds since 1970, values of an enumeration by
 * their names without what all begin with. A message that is absent is left out.
 */
export function fieldsOf(name: string, bytes: Uint8Array): Fields {
  const type = root.lookupType(`symbolon.v1.${name}`);
  return plain(type, as("encoding", () => type.decode(bytes)) as unknown as Fields);
}

function plain(type: protobuf.Type, message: Fields): Fields {
  const one = (field: protobuf.Field, value: never): unknown => {
    const { resolvedType } = field.resolve();
    if (field.type === "bytes") return Buffer.from(value).toString("hex");
    if (resolvedType instanceof protobuf.Enum) {
      const beginning = resolvedType.valuesById[0]!.replace(/UNSPECIFIED$/, "");
      return resolvedType.valuesById[value]!.slice(beginning.length).toLowerCase();
    }
    if (resolvedType instanceof protobuf.Type) {
      return resolvedType.name === "Timestamp" ? Number(value["seconds"]) : plain(resolvedType, value);
    }
    return typeof value === "object" ? Number(value) : value;
  };
  const found: Fields = {};
  for (const field of type.fieldsArray) {
    const value = message[field.name];
    if (field.repeated) found[snake(field.name)] = (value as never[]).map((item) => one(field, item));
    else if (value !== null && value !== undefined) found[snake(field.name)] = one(field, value as never);
  }
  return found;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

export function encode(name: string, fields: Fields): Buffer {
  const type = root.lookupType(`symbolon.v1.${name}`);
  return Buffer.from(type.encode(type.fromObject(fields)).finish());
}

/** The reason in a status of gRPC, docs/protocol.md, section 12. */
export function reasonOf(details: Uint8Array): string {
  const read = (name: string, bytes: Uint8Array): Fields => {
    const type = RPC.lookupType(`google.rpc.${name}`);
    return type.toObject(type.decode(bytes), { defaults: true, bytes: Buffer });
  };
  for (const detail of read("Status", details)["details"] as Fields[]) {
    if (!detail["url"].endsWith("/google.rpc.ErrorInfo")) continue;
    const info = read("ErrorInfo", detail["value"]);
    if (info["domain"] === "symbolon") return info["reason"] as string;
  }
  return "";
}

/** Clients that push, move tags, delete, mount and upload in pieces, each in its own repository, until the server dies. */
import { MediaType } from "../../src/oci/media-type.ts";
import { blob, jsonPiece, type Piece, piece } from "../contract/sample.ts";
import type { Ask } from "./ask.ts";
import { ABSENT, type Model } from "./crash-model.ts";

/** The repository that blobs are mounted from. Nothing is deleted in it. */
export const COMMON = "common";
export const COMMON_BLOBS: readonly Piece[] = [0, 1, 2, 3].map((i) => blob(`common ${i}`));

const TAGS = ["1.0", "1.1", "latest"];
const IMAGES = 5;

/** A client. */
export interface Client {
  readonly repository: string;
  /** Every blob and manifest that it ever pushes, by digest. */
  readonly pieces: ReadonlyMap<string, Piece>;
  /** Does one thing after another until a request fails because the server is gone. */
  run(): Promise<void>;
  /** Goes on with an upload that was cut off, and says what the server had of it. */
  resume(): Promise<void>;
}

/** How many requests were answered, and how many uploads were gone on with. */
export interface Tally {
  readonly answered: number;
  readonly resumed: number;
  count(what: "answered" | "resumed"): void;
  /** Resolves when so many more requests were answered. */
  more(requests: number): Promise<void>;
}

/** Counts from zero. */
export function createTally(): Tally {
  const counts = { answered: 0, resumed: 0 };
  let waiting: { readonly until: number; readonly go: () => void } | undefined;
  return {
    get answered() {
      return counts.answered;
    },
    get resumed() {
      return counts.resumed;
    },
    count(what) {
      counts[what]++;
      if (waiting !== undefined && counts.answered >= waiting.until) waiting.go();
    },
    more: (requests) =>
      new Promise((go) => {
        waiting = { until: counts.answered + requests, go };
        if (requests === 0) go();
      }),
  };
}

interface Image {
  readonly blobs: readonly Piece[];
  readonly manifest: Piece;
}

/** Numbers that look random and are the same every time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes a client with a repository of its own. */
export function createClient(number: number, ask: () => Ask, model: Model, tally: Tally): Client {
  const repository = `client/${number}`;
  const random = seeded(number + 1);
  const upTo = (most: number) => Math.floor(random() * most);
  const images = Array.from({ length: IMAGES }, (_, i) => makeImage(`${number}-${i}`, i));
  const large = piece(MediaType.ociLayerGzip, Buffer.alloc(400_000, `large ${number} `));
  const everything = [...images.flatMap((one) => [...one.blobs, one.manifest]), large];
  const pieces = new Map(
    [...everything, ...COMMON_BLOBS].map((one) => [one.descriptor.digest as string, one]),
  );
  const blobKey = ({ descriptor }: Piece) => `${repository} blob ${descriptor.digest}`;
  const manifestKey = ({ descriptor }: Piece) => `${repository} manifest ${descriptor.digest}`;
  const tagKey = (tag: string) => `${repository} tag ${tag}`;
  const is = (key: string, value: string) => model.possible(key).join() === value;

  /** Sends a request, and takes an answer that is not the expected one for a mistake of the server. */
  const send = async (
    status: number,
    ...[method, path, options]: Parameters<Ask>
  ): Promise<Response> => {
    const answer = await ask()(method, `/v2/${repository}/${path}`, options);
    await answer.arrayBuffer();
    if (answer.status !== status) {
      throw new Error(`${method} ${path} was answered by ${answer.status} instead of ${status}`);
    }
    tally.count("answered");
    return answer;
  };

  const pushBlob = async (one: Piece): Promise<void> => {
    const { digest } = one.descriptor;
    await model.change({ [blobKey(one)]: digest }, async () => {
      await send(201, "POST", `blobs/uploads/?digest=${digest}`, { body: one.bytes });
    });
  };
  const deleteBlob = (one: Piece): Promise<void> =>
    model.change({ [blobKey(one)]: ABSENT }, async () => {
      await send(202, "DELETE", `blobs/${one.descriptor.digest}`);
    });

  const pushImage = async ({ blobs, manifest }: Image, tag: string): Promise<void> => {
    for (const one of blobs) await pushBlob(one);
    const { digest, mediaType } = manifest.descriptor;
    await model.change({ [manifestKey(manifest)]: digest, [tagKey(tag)]: digest }, async () => {
      const headers = { "content-type": mediaType };
      await send(201, "PUT", `manifests/${tag}`, { headers, body: manifest.bytes });
    });
  };
  const removeImage = async ({ blobs, manifest }: Image): Promise<void> => {
    const { digest } = manifest.descriptor;
    if (!is(manifestKey(manifest), digest)) return;
    const tags = TAGS.filter((tag) => model.possible(tagKey(tag)).includes(digest));
    const gone = [manifestKey(manifest), ...tags.map(tagKey)].map((key) => [key, ABSENT]);
    await model.change(Object.fromEntries(gone), async () => {
      await send(202, "DELETE", `manifests/${digest}`);
    });
    for (const one of blobs) await deleteBlob(one);
  };
  const removeTag = async (tag: string): Promise<void> => {
    if (model.possible(tagKey(tag)).includes(ABSENT)) return;
    await model.change({ [tagKey(tag)]: ABSENT }, async () => {
      await send(202, "DELETE", `manifests/${tag}`);
    });
  };
  const mountAndDelete = async (one: Piece): Promise<void> => {
    const { digest } = one.descriptor;
    await model.change({ [blobKey(one)]: digest }, async () => {
      await send(201, "POST", `blobs/uploads/?mount=${digest}&from=${COMMON}`);
    });
    if (random() < 0.5) await deleteBlob(one);
  };

  /** Where the upload that is under way is, and how much of it was acknowledged. */
  let upload: { readonly path: string; acknowledged: number } | undefined;
  const patch = async (start: number, end: number): Promise<void> => {
    if (upload === undefined) return;
    await send(202, "PATCH", upload.path, {
      headers: { "content-range": `${start}-${end - 1}` },
      body: large.bytes.subarray(start, end),
    });
    upload.acknowledged = end;
  };
  const finish = async (from: number): Promise<void> => {
    if (upload === undefined) return;
    const { path } = upload;
    const { digest, size } = large.descriptor;
    for (let at = from; at < size; at += 100_000) await patch(at, Math.min(at + 100_000, size));
    await model.change({ [blobKey(large)]: digest }, async () => {
      upload = undefined;
      await send(201, "PUT", `${path}?digest=${digest}`);
    });
  };
  const uploadInPieces = async (): Promise<void> => {
    const start = await send(202, "POST", "blobs/uploads/");
    const location = start.headers.get("location") ?? "";
    upload = { path: location.slice(`/v2/${repository}/`.length), acknowledged: 0 };
    await finish(0);
    if (random() < 0.5) await deleteBlob(large);
  };

  const step = (): Promise<void> => {
    const image = images[upTo(IMAGES)] as Image;
    const tag = TAGS[upTo(TAGS.length)] as string;
    const chance = random();
    if (chance < 0.5) return pushImage(image, tag);
    if (chance < 0.65) return removeImage(image);
    if (chance < 0.75) return removeTag(tag);
    if (chance < 0.9) return mountAndDelete(COMMON_BLOBS[upTo(COMMON_BLOBS.length)] as Piece);
    return uploadInPieces();
  };

  return {
    repository,
    pieces,
    async run() {
      try {
        for (;;) await step();
      } catch (error) {
        if (!isDeath(error)) throw error;
      }
    },
    async resume() {
      if (upload === undefined) return;
      const status = await ask()("GET", `/v2/${repository}/${upload.path}`);
      if (status.status !== 204) throw new Error(`The upload is lost: ${status.status}`);
      const last = Number(/^0-(\d+)$/.exec(status.headers.get("range") ?? "")?.[1]);
      const size = last === 0 ? 0 : last + 1;
      if (size < upload.acknowledged) {
        throw new Error(`The upload has ${size} bytes of ${upload.acknowledged} acknowledged`);
      }
      await finish(size);
      tally.count("resumed");
    },
  };
}

function makeImage(name: string, i: number): Image {
  const layer = piece(
    MediaType.ociLayerGzip,
    Buffer.alloc(200 + 90_000 * (i % 4), `layer ${name} `),
  );
  const config = jsonPiece(MediaType.ociConfig, {
    architecture: "amd64",
    os: "linux",
    author: name,
  });
  const manifest = jsonPiece(MediaType.ociManifest, {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: config.descriptor,
    layers: [layer.descriptor],
    // Every other one is listed in index.json by itself.
    ...(i % 2 === 0 ? {} : { subject: COMMON_BLOBS[0]?.descriptor }),
  });
  return { blobs: [config, layer], manifest };
}

/** Did the request fail because nobody is there any more? */
function isDeath(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === "SocketError");
}

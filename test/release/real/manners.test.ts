/** Releases to registries with manners of their own, and to mirrors that are slow, shut or gone. */
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Mirror, MirrorState, ReleaseEvent } from "../../../src/release/model.ts";
import { release } from "../../../src/release/release.ts";
import { rollback } from "../../../src/release/rollback.ts";
import { scratch } from "../../folder.ts";
import type { Behaviour } from "../../remote/fake-registry/behaviour.ts";
import { QUIRKS } from "../../remote/fake-registry/quirks.ts";
import { answer, complaint } from "../../remote/fake-registry/registry.ts";
import { sampleRelease } from "../memory-mirror.ts";
import { fakeMirror, openFakes } from "./fake-mirror.ts";
import { REPOSITORY } from "./mirror-at.ts";
import { openAll, realMirror } from "./real-mirror.ts";

const { image, content } = await sampleRelease("new");
const old = await sampleRelease("old");
const NEW = content.index.descriptor.digest;
const OLD = old.content.index.descriptor.digest;
const SIGNATURE = content.signature.descriptor.digest;
const TAGS = ["1.0", "1"];
const journalPath = () => join(scratch(), "journal.ndjson");
const confirm = async () => true;

describe("a registry in whose way it is", () => {
  test.each(QUIRKS)(
    "$name: is released to, once, and taken back as far as it can be",
    async ({ behaviour, profile }) => {
      const mirror = fakeMirror("odd", behaviour(), { profile, attachments: "best-effort" });
      const journal = journalPath();
      const run = async () => await release(image, await openFakes([mirror]), { journal, confirm });
      const result = await run();
      expect(result.mirrors[0]?.failures).toEqual([]);
      expect(result.result).toBe("released");
      for (const tag of TAGS) expect(mirror.named(tag)).toBe(NEW);
      expect(mirror.has(SIGNATURE)).toBe(true);
      const writes = mirror.writes().length;
      expect((await run()).result).toBe("unchanged");
      expect(mirror.writes().length).toBe(writes);

      const back = await rollback(await openFakes([mirror]), { journal });
      for (const { tag, result: what } of back.mirrors[0]?.tags ?? []) {
        if (what === "restored") expect(mirror.named(tag)).toBeUndefined();
        else expect(mirror.named(tag)).toBe(NEW);
      }
      if (back.result === "rolled back") return;
      // A registry that does not take tags away is no reason not to say where they are.
      for (const { message, hint } of back.mirrors[0]?.failures ?? []) {
        expect(message).toMatch(/odd\.example\/team\/pause|does not delete|deleted/);
        expect(hint).toBeTruthy();
      }
    },
  );
});

/** Refuses manifests for what stands in them. */
function refusing(text: RegExp, refusal: () => Response): Partial<Behaviour> {
  return {
    async around(request, next) {
      if (request.method !== "PUT" || !request.url.includes("/manifests/")) return next(request);
      return text.test(await request.clone().text()) ? refusal() : next(request);
    },
  };
}

describe("a mirror that refuses attachments", () => {
  const WAYS: readonly (readonly [string, Partial<Behaviour>])[] = [
    ["a subject, with 400", refusing(/"subject"/, () => complaint(400, "MANIFEST_INVALID"))],
    [
      "an empty config, with 415",
      refusing(/oci\.empty\.v1\+json/, () => complaint(415, "UNSUPPORTED")),
    ],
    ["an artifact type, with 403", refusing(/"artifactType"/, () => answer(403))],
    ["a subject, with 500 for ever", refusing(/"subject"/, () => answer(500))],
  ];

  test.each(WAYS)("%s, still gets the image, and the release says so", async (_, behaviour) => {
    const mirrors = [
      fakeMirror("strict", behaviour, { attachments: "best-effort" }),
      fakeMirror("easy", {}, { attachments: "required" }),
    ];
    const [strict] = mirrors;
    const journal = journalPath();
    const warnings: ReleaseEvent[] = [];
    const run = async () =>
      await release(image, await openFakes(mirrors), {
        journal,
        onEvent: (event) => void (event.type === "warning" && warnings.push(event)),
      });
    const result = await run();
    expect(result.result).toBe("released");
    expect(result.mirrors[0]?.failures).toMatchObject([{ phase: "stage", attachmentsOnly: true }]);
    expect(result.mirrors[0]?.failures[0]?.hint).toBeTruthy();
    expect(result.mirrors[1]?.failures).toEqual([]);
    expect(warnings).toMatchObject([{ mirror: "strict" }]);
    for (const mirror of mirrors) for (const tag of TAGS) expect(mirror.named(tag)).toBe(NEW);
    expect(mirrors.map((mirror) => mirror.has(SIGNATURE))).toEqual([false, true]);
    const writes = strict?.writes().length;
    expect((await run()).result).toBe("unchanged");
    expect(strict?.writes().length).toBe(writes);
  });

  test.each(WAYS)("%s, holds everything up where they must be there", async (_, behaviour) => {
    const mirrors = [
      fakeMirror("strict", behaviour, { attachments: "required" }),
      fakeMirror("easy"),
    ];
    const result = await release(image, await openFakes(mirrors), { journal: journalPath() });
    expect(result.result).toBe("failed");
    for (const mirror of mirrors) for (const tag of TAGS) expect(mirror.named(tag)).toBeUndefined();
  });

  test("is not even asked to take any where its kind is known to refuse them, and the plan says so", async () => {
    const settings = { profile: "aliyun", attachments: "best-effort" } as const;
    const mirror = fakeMirror("known", {}, settings);
    const plans: readonly MirrorState[][] = [];
    const result = await release(image, await openFakes([mirror]), {
      journal: journalPath(),
      onPlan: (states) => void (plans as MirrorState[][]).push([...states]),
    });
    expect(plans[0]?.[0]?.objections).toEqual({ image: [], attachments: ["empty-config"] });
    expect(result).toMatchObject({
      result: "released",
      mirrors: [{ failures: [{ phase: "stage", attachmentsOnly: true }] }],
    });
    expect(result.mirrors[0]?.failures[0]?.hint).toContain("attachments: none");
    expect(mirror.writes().filter((write) => write.includes(SIGNATURE))).toEqual([]);
    const must = fakeMirror("must", {}, { ...settings, attachments: "required" });
    const insisted = await release(image, await openFakes([must]), { journal: journalPath() });
    // It may take them after all: whoever must have them has them tried.
    expect(insisted.result).toBe("released");
    expect(must.has(SIGNATURE)).toBe(true);
  });

  test("is not asked to take any where it shall have none", async () => {
    const mirror = fakeMirror("none", {}, { attachments: "none" });
    const result = await release(image, await openFakes([mirror]), { journal: journalPath() });
    expect(result).toMatchObject({ result: "released", mirrors: [{ failures: [] }] });
    expect(mirror.has(SIGNATURE)).toBe(false);
  });
});

describe("tags that must not be moved", () => {
  const immutable = {
    status: 400,
    body: '{"errors":[{"code":"TAG_INVALID","message":"immutable"}]}',
  };

  /** Holds the old image under some tags. */
  async function holding(...tags: readonly string[]) {
    const mirror = fakeMirror("locked", { immutable });
    const journal = journalPath();
    await release(old.image, await openFakes([fakeWith(mirror, tags)]), { journal });
    return mirror;
  }
  const fakeWith = (mirror: ReturnType<typeof fakeMirror>, tags: readonly string[]) => ({
    ...mirror,
    open: async () => {
      const open = await mirror.open();
      return { ...open, mirror: { ...open.mirror, tags } };
    },
  });

  test("are left alone where they are right, and made where they are missing", async () => {
    const mirror = fakeMirror("locked", { immutable });
    const run = async () =>
      await release(image, await openFakes([mirror]), { journal: journalPath(), confirm });
    expect((await run()).result).toBe("released");
    mirror.registry.repository(REPOSITORY).tags.delete("1");
    const result = await run();
    expect(result.mirrors[0]?.tags.map((one) => one.result)).toEqual(["kept", "created"]);
    expect((await run()).result).toBe("unchanged");
  });

  test("fail the release with what to do, and the others can be put back", async () => {
    const locked = await holding("1");
    const other = fakeMirror("other");
    const journal = journalPath();
    const mirrors = [locked, other];
    const result = await release(image, await openFakes(mirrors), { journal, confirm });
    expect(result).toMatchObject({ result: "failed", journal });
    expect(result.mirrors[0]?.failures).toMatchObject([{ phase: "tags", code: "REGISTRY" }]);
    expect(result.mirrors[0]?.failures[0]?.hint).toMatch(/tag that is not taken|immutable/);
    expect(locked.named("1")).toBe(OLD);
    const back = await rollback(await openFakes(mirrors), { journal });
    expect(back.result).toBe("rolled back");
    expect(locked.named("1")).toBe(OLD);
    expect([locked.named("1.0"), other.named("1.0"), other.named("1")]).toEqual([
      ...[undefined, undefined, undefined],
    ]);
  });
});

describe("a slow mirror", () => {
  test("keeps nobody from staging and reading back", async () => {
    const order: string[] = [];
    let others = 2;
    let done: () => void = () => undefined;
    const othersDone = new Promise<void>((resolve) => {
      done = resolve;
    });
    // It takes no content before both others have handed everything out again. The preflight's question whether one may push
    // comes through: phases wait for each other.
    const slow = await realMirror("slow", {
      before: (method, target) =>
        method === "PUT" || target.includes("digest=") ? othersDone : undefined,
    });
    const mirrors = [slow, await realMirror("b"), await realMirror("c")];
    const result = await release(image, await openAll(mirrors), {
      journal: journalPath(),
      onEvent(event) {
        if (event.type !== "mirror" || event.state === "progress") return;
        order.push(`${event.mirror} ${event.phase} ${event.state}`);
        if (event.phase === "read-back" && event.state === "done" && --others === 0) done();
      },
    });
    expect(result.result).toBe("released");
    expect(order.indexOf("b read-back done")).toBeLessThan(order.indexOf("slow stage done"));
    expect(order.indexOf("c read-back done")).toBeLessThan(order.indexOf("slow stage done"));
    // And no tag moves before the slow one has it all.
    const first = order.findIndex((event) => event.includes(" tags "));
    expect(order.indexOf("slow read-back done")).toBeLessThan(first);
  });
});

/** A port of this machine at which nobody listens. */
async function deadHost(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe("a mirror that cannot be had", () => {
  const gone = async (settings: Partial<Mirror>) => {
    const one = await realMirror("gone", { settings });
    const host = await deadHost();
    return { ...one, mirror: { ...one.mirror, registry: host } };
  };

  test("is named with its remedy, and does not fail the release where it may be missing", async () => {
    const mirrors = [await realMirror("here"), await gone({ required: false })];
    const result = await release(image, await openAll(mirrors), { journal: journalPath() });
    expect(result.result).toBe("released");
    const [failure] = result.mirrors[1]?.failures ?? [];
    expect(failure).toMatchObject({ phase: "preflight", code: "NETWORK" });
    expect(failure?.message).toContain(result.mirrors[1]?.mirror.registry);
    expect(failure?.hint).toMatch(/host and the port/);
    expect(await mirrors[0]?.named("1")).toBe(NEW);
  });

  test("keeps everything as it is where it is required", async () => {
    const mirrors = [await realMirror("here"), await gone({})];
    const result = await release(image, await openAll(mirrors), { journal: journalPath() });
    expect(result).toMatchObject({ result: "failed", journal: undefined });
    expect(mirrors[0]?.writes().filter((write) => !write.includes("/uploads/"))).toEqual([]);
  });
});

describe("the preflight", () => {
  const others = () => fakeMirror("other");

  /** Looks at a mirror that is not fit for a release, beside one that is. */
  async function refusal(mirror: ReturnType<typeof fakeMirror>, env?: Record<string, string>) {
    const other = others();
    const opened = [await mirror.open(env), await other.open()];
    const result = await release(image, opened, { journal: journalPath() });
    expect(result).toMatchObject({ result: "failed", journal: undefined });
    // Nothing was staged anywhere: an upload that is begun and given up is all that a probe leaves.
    const staged = [mirror, other].flatMap((one) => one.writes());
    expect(staged.filter((write) => !/^(?:POST|DELETE) .*\/uploads\//.test(write))).toEqual([]);
    return result.mirrors[0]?.failures[0];
  }

  const locked = (status: number, code: string, header = 'Basic realm="registry"') => ({
    around: (request: Request) =>
      request.headers.get("authorization") === null
        ? answer(401, { "www-authenticate": header })
        : complaint(status, code),
  });

  test.each([
    ["no password in the environment", { MIRROR_USER: "u" }, locked(200, ""), /MIRROR_PASSWORD/],
    ["a wrong password", undefined, locked(401, "UNAUTHORIZED"), /401|log in|credentials/i],
    ["no right to push", undefined, denyingPush(403, "DENIED"), /right|permission|denied|allow/i],
    ["no such project", undefined, denyingPush(404, "NAME_UNKNOWN"), /make|create|exist/i],
  ])("with %s says so, and nothing is staged", async (_, env, behaviour, words) => {
    const failure = await refusal(fakeMirror("mirror", behaviour), env);
    expect(failure).toMatchObject({ phase: "preflight" });
    expect(`${failure?.message} ${failure?.hint}`).toMatch(words);
    expect(failure?.hint).toBeTruthy();
  });

  function denyingPush(status: number, code: string): Partial<Behaviour> {
    return {
      around: (request, next) =>
        request.method === "GET" || request.method === "HEAD"
          ? next(request)
          : complaint(status, code),
    };
  }
});

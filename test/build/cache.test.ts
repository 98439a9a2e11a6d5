import {
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCache } from "../../src/build/cache.ts";
import { cacheDirOf } from "../../src/build/cache-dir.ts";
import type { BuildEvent } from "../../src/build/events.ts";
import { scratchFolder } from "./scratch-folder.ts";

const DAY = 24 * 60 * 60;

function age(path: string, days: number): void {
  const then = Date.now() / 1000 - days * DAY;
  utimesSync(path, then, then);
}

describe("openCache", () => {
  test("reads back what was written, also the second time, and nothing else", async () => {
    const cache = openCache(join(scratchFolder(), "deep", "cache"));
    await cache.write("room", "key", "text\nwith lines");
    await cache.write("room", "key", "newer");
    expect(cache.read("room", "key")).toBe("newer");
    expect(cache.read("room", "other")).toBeUndefined();
    expect(cache.read("other", "key")).toBeUndefined();
  });

  test("keeps nothing when there is no folder", async () => {
    const cache = openCache(null);
    await cache.write("room", "key", "text");
    expect(cache.read("room", "key")).toBeUndefined();
    await cache.prune();
  });

  test("misses for every truncation, every damaged byte and another name, and mends it", async () => {
    const folder = scratchFolder();
    const cache = openCache(folder);
    await cache.write("room", "key", '{"program":"AAAA"}');
    const path = join(folder, "room", "key");
    const sound = readFileSync(path);
    for (let length = 0; length < sound.length; length++) {
      writeFileSync(path, sound.subarray(0, length));
      expect(cache.read("room", "key")).toBeUndefined();
      const damaged = Buffer.from(sound);
      damaged[length]! ^= 1;
      writeFileSync(path, damaged);
      expect(cache.read("room", "key")).toBeUndefined();
    }
    writeFileSync(path, Buffer.concat([sound, Buffer.from(" ")]));
    expect(cache.read("room", "key")).toBeUndefined();
    writeFileSync(path, sound);
    renameSync(path, join(folder, "room", "other"));
    expect(cache.read("room", "other")).toBeUndefined();
    await cache.write("room", "other", "mended");
    expect(cache.read("room", "other")).toBe("mended");
  });

  test("leaves whole files only, when many write at once", async () => {
    const folder = scratchFolder();
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(50_000));
    await Promise.all(texts.map((text) => openCache(folder).write("room", "key", text)));
    expect(texts).toContain(openCache(folder).read("room", "key"));
    expect(readdirSync(join(folder, "room"))).toEqual(["key"]);
  });

  test("warns once and goes on when it cannot be written", async () => {
    const folder = join(scratchFolder(), "file");
    writeFileSync(folder, "not a folder");
    const events: BuildEvent[] = [];
    const cache = openCache(folder, (event) => events.push(event));
    await cache.write("room", "one", "text");
    await cache.write("room", "two", "text");
    await cache.prune();
    expect(cache.read("room", "one")).toBeUndefined();
    expect(events).toEqual([
      expect.objectContaining({ type: "warning", message: expect.stringContaining(`"${folder}"`) }),
    ]);
  });

  test("removes what was not used for 30 days, and keeps what is read", async () => {
    const folder = scratchFolder();
    const cache = openCache(folder);
    for (const key of ["unused", "read", "young"]) await cache.write("room", key, key);
    const half = join(folder, "room", "half.tmp");
    writeFileSync(half, "left by a build that was killed");
    age(half, 2);
    age(join(folder, "room", "unused"), 31);
    age(join(folder, "room", "read"), 31);
    age(join(folder, "room", "young"), 29);
    expect(cache.read("room", "read")).toBe("read");
    await cache.prune();
    expect(readdirSync(join(folder, "room")).sort()).toEqual(["read", "young"]);
  });

  test("looks for unused files once a day, and only when it has written", async () => {
    const folder = scratchFolder();
    const cache = openCache(folder);
    await cache.write("room", "key", "text");
    await openCache(folder).prune();
    expect(readdirSync(folder)).toEqual(["room"]);
    await cache.prune();
    age(join(folder, "room", "key"), 40);
    await cache.prune();
    expect(readdirSync(join(folder, "room"))).toEqual(["key"]);
    age(join(folder, "pruned"), 2);
    await cache.prune();
    expect(readdirSync(join(folder, "room"))).toEqual([]);
  });

  test("belongs to its user alone", async () => {
    const folder = join(scratchFolder(), "cache");
    await openCache(folder).write("room", "key", "text");
    expect(statSync(join(folder, "room")).mode & 0o077).toBe(0);
    expect(statSync(join(folder, "room", "key")).mode & 0o077).toBe(0);
  });
});

describe("cacheDirOf", () => {
  test("prefers HIATUS_CACHE_DIR, then XDG_CACHE_HOME, then the home folder", () => {
    const home = process.platform === "darwin" ? "/home/me/Library/Caches" : "/home/me/.cache";
    const env = { HOME: "/home/me", XDG_CACHE_HOME: "/xdg", HIATUS_CACHE_DIR: "/own" };
    expect(cacheDirOf(env)).toBe("/own");
    expect(cacheDirOf({ ...env, HIATUS_CACHE_DIR: "" })).toBe("/xdg/hiatus");
    expect(cacheDirOf({ ...env, HIATUS_CACHE_DIR: undefined, XDG_CACHE_HOME: "rel" })).toBe(
      `${home}/hiatus`,
    );
    expect(cacheDirOf({ HOME: "/home/me" })).toBe(`${home}/hiatus`);
  });

  test("makes a relative HIATUS_CACHE_DIR absolute", () => {
    expect(cacheDirOf({ HIATUS_CACHE_DIR: "x/y" })).toBe(join(process.cwd(), "x/y"));
  });
});

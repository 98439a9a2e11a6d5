/**
 * Names of tar entries: normalised, checked, and none of them twice.
 *
 * @module
 */

/**
 * Makes a checker for the names of one archive. It takes a name as it stands in the archive and
 * gives the relative name without `./` before it and a slash behind it; undefined for the root
 * folder itself.
 *
 * @param refuse throws with the reason.
 */
export function tarNames(
  refuse: (why: string) => never,
): (name: string, type: "file" | "directory") => string | undefined {
  const files = new Set<string>();
  /** Folders that have an entry, and those that only follow from the names below them. */
  const folders = new Set<string>();
  const implied = new Set<string>();
  return (raw, type) => {
    const said = JSON.stringify(raw.slice(0, 160));
    if (raw === "") refuse("an entry has no name");
    if (isStrange(raw)) refuse(`the name ${said} has characters that readers disagree on`);
    if (raw.startsWith("/")) refuse(`the name ${said} is absolute`);
    if (raw.endsWith("/") && type === "file") refuse(`the file ${said} is named like a folder`);
    const name = raw.replace(/^(?:\.\/)+/, "").replace(/\/$/, "");
    if ((name === "" || name === ".") && type === "directory") return undefined;
    const parts = name.split("/");
    if (parts.some((part) => part === "" || part === "." || part === "..")) {
      refuse(`the name ${said} has empty or dotted parts`);
    }
    if (files.has(name) || folders.has(name) || (type === "file" && implied.has(name))) {
      refuse(`the name ${said} is there twice`);
    }
    for (let at = name.indexOf("/"); at > 0; at = name.indexOf("/", at + 1)) {
      const above = name.slice(0, at);
      if (files.has(above)) refuse(`the name ${said} is below a file`);
      implied.add(above);
    }
    (type === "file" ? files : folders).add(name);
    return name;
  };
}

/** Backslashes, control characters, and what was not UTF-8 (decoded as U+FFFD). */
function isStrange(name: string): boolean {
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x5c || code === 0xfffd)
      return true;
  }
  return false;
}

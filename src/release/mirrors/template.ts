/**
 * What stands in braces in a mirrors file.
 *
 * @module
 */

/** What the parts of a template stand for. */
export interface TemplateValues {
  readonly image: string;
  readonly version: string;
}

/**
 * Lists of tags. The tags of the pause image that nodes ask for when nobody configured another one: a mirror that has them all
 * serves any node, old or new.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/master/cmd/kubeadm/app/constants/constants.go (PauseVersion, by release)
 * @see https://github.com/containerd/containerd/blob/main/internal/cri/config/config_unix.go (the default sandbox, by release)
 */
export const TAG_LISTS: Readonly<Record<string, readonly string[]>> = {
  "{node-defaults}": [
    "3.1",
    "3.2",
    "3.4.1",
    "3.5",
    "3.6",
    "3.7",
    "3.8",
    "3.9",
    "3.10",
    "3.10.1",
    "3.10.2",
  ],
};

/**
 * Replaces `{version}`, `{major}`, `{minor}`, `{patch}` and `{image}`.
 *
 * @returns undefined when the version lacks a part that is named, or something else stands in braces.
 */
export function renderTemplate(
  template: string,
  { image, version }: TemplateValues,
): string | undefined {
  const [major, minor, patch] = version.split(/[.+-]/);
  const parts: Readonly<Record<string, string | undefined>> = {
    image,
    version,
    major,
    minor,
    patch,
  };
  let complete = true;
  const text = template.replaceAll(/\{([^{}]*)\}/g, (_, part: string) => {
    const value = Object.hasOwn(parts, part) ? parts[part] : undefined;
    if (value === undefined) complete = false;
    return value ?? "";
  });
  return complete && !/[{}]/.test(text) ? text : undefined;
}

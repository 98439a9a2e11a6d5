// @ts-check
/** `npm run build:native`: builds the probe (native/probe) with @napi-rs/cli. Needs Rust. */
import { $, path, which } from "zx";

const root = path.join(import.meta.dirname, "..");
if ((await which("cargo", { nothrow: true })) === null) {
  console.error("hiatus: The probe needs Rust, and there is no cargo on the PATH");
  console.error("  Install Rust 1.88 or later (https://rustup.rs) and run again");
  process.exit(2);
}
const { exitCode } = await $({
  cwd: path.join(root, "native", "probe"),
  stdio: "inherit",
  nothrow: true,
})`${path.join(root, "node_modules", ".bin", "napi")} build --platform --release --no-js --dts target/index.d.ts`;
process.exitCode = exitCode === 0 ? 0 : 1;

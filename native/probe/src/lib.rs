//! The binding: hiatus-probe-core as a Node-API module, for Node and Deno.
//!
//! Nothing in here waits on JavaScript's thread: what may wait runs on a thread of its own and
//! settles a promise. (Not in the runtime's pool, which has four threads for everybody.) Times are
//! bigints in nanoseconds, timeouts are numbers in milliseconds.

#![allow(missing_docs, reason = "src/verify/probe.ts documents what is exported")]

mod options;
mod process;
mod promise;
mod values;

use hiatus_probe_core::{clock, filter};
use napi::bindgen_prelude::{BigInt, Object, Uint8Array};
use napi::{Env, Result};
use napi_derive::napi;
use options::{AllowedCalls, StartOptions};
use process::Process;
use values::Refusal;

#[napi]
pub fn now() -> BigInt {
    BigInt::from(clock::now())
}

#[napi(ts_return_type = "Promise<Array<Refusal>>")]
pub fn supported(env: &Env) -> Result<Object<'_>> {
    let list = || Ok(hiatus_probe_core::supported());
    promise::run(env, list, |_, list| Ok(list.into_iter().map(Refusal::from).collect::<Vec<_>>()))
}

#[napi(ts_return_type = "Promise<Process>")]
pub fn start(env: &Env, program: String, options: Option<StartOptions>) -> Result<Object<'_>> {
    let options = options.unwrap_or_default().into_core(program);
    promise::run(env, || hiatus_probe_core::start(&options?), Process::new)
}

#[napi]
pub fn allow_calls(allowed: Vec<AllowedCalls>, errno: u16) -> Uint8Array {
    let allowed: Vec<_> = allowed.into_iter().map(AllowedCalls::into_core).collect();
    filter::to_bytes(&filter::allow(&allowed, errno)).into()
}

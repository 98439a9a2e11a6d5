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

use hiatus_probe_core::clock;
use napi::bindgen_prelude::{BigInt, Object};
use napi::{Env, Result};
use napi_derive::napi;
use options::StartOptions;
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

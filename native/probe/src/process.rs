//! A process as an object of JavaScript. When the collector takes it, the process is killed.

use crate::options::{EnterOptions, StormOptions};
use crate::promise::{self, error};
use crate::values::{Exit, Family, Memory, Outputs, Ready, StormReport, Times, Usage};
use hiatus_probe_core::{Process as Core, facts};
use napi::bindgen_prelude::{BigInt, Object};
use napi::{Env, Result};
use napi_derive::napi;
use std::sync::Arc;

#[napi]
pub struct Process {
    core: Arc<Core>,
}

impl From<Core> for Process {
    fn from(core: Core) -> Self {
        Self { core: Arc::new(core) }
    }
}

#[napi]
impl Process {
    #[napi(getter)]
    pub fn pid(&self) -> i32 {
        self.core.pid()
    }

    #[napi(getter)]
    pub fn times(&self) -> Times {
        self.core.times().into()
    }

    #[napi(getter)]
    pub fn exit(&self) -> Option<Exit> {
        self.core.exit().map(Exit::from)
    }

    #[napi]
    pub fn outputs(&self) -> Outputs {
        self.core.outputs().into()
    }

    #[napi]
    pub fn signal(&self, signal: i32) -> Result<BigInt, &'static str> {
        self.core.signal(signal).map(BigInt::from).map_err(|reason| error(&reason))
    }

    #[napi(ts_return_type = "Promise<Exit | null>")]
    pub fn wait<'env>(&self, env: &'env Env, timeout: u32) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || Ok(core.wait(timeout.into())), |exit| exit.map(Exit::from))
    }

    #[napi(ts_return_type = "Promise<Exit | null>")]
    pub fn signal_and_wait<'env>(
        &self,
        env: &'env Env,
        signal: i32,
        timeout: u32,
    ) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        let work = move || core.signal_and_wait(signal, timeout.into());
        promise::run(env, work, |exit| exit.map(Exit::from))
    }

    #[napi(ts_return_type = "Promise<Ready | null>")]
    pub fn ready<'env>(
        &self,
        env: &'env Env,
        timeout: u32,
        calls: Option<Vec<i64>>,
    ) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        let calls = calls.unwrap_or_default();
        let work = move || core.ready(&calls, timeout.into());
        promise::run(env, work, |ready| ready.map(Ready::from))
    }

    #[napi(ts_return_type = "Promise<Process>")]
    pub fn enter<'env>(
        &self,
        env: &'env Env,
        program: String,
        options: Option<EnterOptions>,
    ) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        let options = options.unwrap_or_default().into_core(program);
        promise::run(env, move || hiatus_probe_core::enter(&core, &options?), Process::from)
    }

    #[napi(ts_return_type = "Promise<StormReport>")]
    pub fn storm<'env>(
        &self,
        env: &'env Env,
        count: u32,
        options: Option<StormOptions>,
    ) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        let options = options.unwrap_or_default().into_core(count);
        promise::run(env, move || hiatus_probe_core::storm(&core, &options?), StormReport::from)
    }

    #[napi(ts_return_type = "Promise<Memory>")]
    pub fn memory<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.alive(facts::memory), Memory::from)
    }

    #[napi(ts_return_type = "Promise<Usage>")]
    pub fn usage<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.alive(facts::usage), Usage::from)
    }

    #[napi(ts_return_type = "Promise<Family>")]
    pub fn family<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.alive(facts::family), Family::from)
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.close(), |()| ())
    }
}

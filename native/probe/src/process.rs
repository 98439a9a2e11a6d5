//! A process as an object of JavaScript. When the collector takes it, the process is killed.

use crate::options::{EnterOptions, StormOptions};
use crate::promise::{self, error};
use crate::values::{Exit, Family, Memory, Outputs, Ready, StormReport, Times, Usage};
use hiatus_probe_core::{Process as Core, facts};
use napi::bindgen_prelude::{BigInt, Object};
use napi::{Env, Result};
use napi_derive::napi;
use std::cell::RefCell;
use std::sync::{Arc, Weak};

#[napi]
pub struct Process {
    core: Arc<Core>,
}

thread_local! {
    /// The processes of the JavaScript environment of this thread.
    static LIVE: RefCell<Option<Vec<Weak<Core>>>> = const { RefCell::new(None) };
}

/// When a worker is terminated, what still waits for a process must not keep that one alive.
fn kill_all() {
    for core in LIVE.take().iter().flatten().filter_map(Weak::upgrade) {
        core.kill();
    }
}

impl Process {
    pub fn new(env: &Env, core: Core) -> Result<Self> {
        let core = Arc::new(core);
        let mut live = match LIVE.take() {
            Some(live) => live,
            None => {
                env.add_env_cleanup_hook((), |()| kill_all())?;
                Vec::new()
            }
        };
        live.retain(|process| process.strong_count() > 0);
        live.push(Arc::downgrade(&core));
        LIVE.set(Some(live));
        Ok(Self { core })
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

    #[napi(ts_return_type = "Promise<void>")]
    pub fn signal_inside<'env>(&self, env: &'env Env, signal: i32) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        let work = move || hiatus_probe_core::signal_inside(&core, signal);
        promise::run(env, work, |_, ()| Ok(()))
    }

    #[napi(ts_return_type = "Promise<Exit | null>")]
    pub fn wait<'env>(&self, env: &'env Env, timeout: u32) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || Ok(core.wait(timeout.into())), |_, exit| Ok(exit.map(Exit::from)))
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
        promise::run(env, work, |_, exit| Ok(exit.map(Exit::from)))
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
        promise::run(env, work, |_, ready| Ok(ready.map(Ready::from)))
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
        promise::run(env, move || hiatus_probe_core::enter(&core, &options?), Process::new)
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
        promise::run(
            env,
            move || hiatus_probe_core::storm(&core, &options?),
            |_, it| Ok(StormReport::from(it)),
        )
    }

    #[napi(ts_return_type = "Promise<Memory>")]
    pub fn memory<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.alive(facts::memory), |_, it| Ok(Memory::from(it)))
    }

    #[napi(ts_return_type = "Promise<Usage>")]
    pub fn usage<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.alive(facts::usage), |_, it| Ok(Usage::from(it)))
    }

    #[napi(ts_return_type = "Promise<Family>")]
    pub fn family<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.alive(facts::family), |_, it| Ok(Family::from(it)))
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let core = Arc::clone(&self.core);
        promise::run(env, move || core.close(), |_, ()| Ok(()))
    }
}

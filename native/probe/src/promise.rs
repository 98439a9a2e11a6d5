//! Work on a thread of its own, and a promise of its result.

use hiatus_probe_core::Error;
use hiatus_probe_core::error::Kind;
use napi::bindgen_prelude::{Object, ToNapiValue};
use napi::{Env, JsError, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// The `code` of an error in JavaScript.
pub fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::Refused => "PROBE_REFUSED",
        Kind::Program => "PROBE_PROGRAM",
        Kind::Argument => "PROBE_ARGUMENT",
        Kind::Ended => "PROBE_ENDED",
    }
}

pub fn error(error: &Error) -> napi::Error<&'static str> {
    napi::Error::new(code(error.kind), error.to_string())
}

type Settle<V> = Box<dyn FnOnce(Env) -> Result<V> + Send>;

/// Runs `work` on a new thread, and `convert` on JavaScript's.
pub fn run<'env, T, V>(
    env: &'env Env,
    work: impl FnOnce() -> std::result::Result<T, Error> + Send + 'static,
    convert: impl FnOnce(&Env, T) -> Result<V> + Send + 'static,
) -> Result<Object<'env>>
where
    T: Send + 'static,
    V: ToNapiValue + 'static,
{
    let (deferred, promise) = env.create_deferred::<V, Settle<V>>()?;
    let settle = move || {
        // A panic would leave the promise unsettled for ever.
        let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            let why = "a bug in the probe, its message is on standard error".into();
            Err(Error { kind: Kind::Refused, call: "panic".into(), errno: 0, why })
        });
        deferred.resolve(Box::new(move |env| match result {
            Ok(value) => convert(&env, value),
            Err(reason) => Err(JsError::from(error(&reason)).into_unknown(env).into()),
        }));
    };
    thread::Builder::new()
        .name("hiatus-probe".into())
        .stack_size(512 * 1024)
        .spawn(settle)
        .map_err(|error| napi::Error::from_reason(format!("pthread_create: {error}")))?;
    Ok(promise)
}

//! The core's findings as JavaScript's.

use hiatus_probe_core::{facts, process, storm, supported};
use napi::bindgen_prelude::{BigInt, Uint8Array};
use napi_derive::napi;
use process::Status;

#[napi(object, object_from_js = false)]
pub struct Refusal {
    pub ability: &'static str,
    pub reason: String,
}

impl From<supported::Refusal> for Refusal {
    fn from(refusal: supported::Refusal) -> Self {
        Self { ability: refusal.ability, reason: refusal.reason }
    }
}

#[napi(object, object_from_js = false)]
pub struct Times {
    pub cloned: BigInt,
    pub executed: BigInt,
    pub ready: Option<BigInt>,
    pub signalled: Option<BigInt>,
    pub exited: Option<BigInt>,
}

impl From<process::Times> for Times {
    fn from(times: process::Times) -> Self {
        Self {
            cloned: times.cloned.into(),
            executed: times.executed.into(),
            ready: times.ready.map(BigInt::from),
            signalled: times.signalled.map(BigInt::from),
            exited: times.exited.map(BigInt::from),
        }
    }
}

#[napi(object, object_from_js = false)]
pub struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub at: BigInt,
}

impl From<process::Exit> for Exit {
    fn from(exit: process::Exit) -> Self {
        let (code, signal) = match exit.status {
            Some(Status::Code(code)) => (Some(code), None),
            Some(Status::Signal(signal)) => (None, Some(signal)),
            None => (None, None),
        };
        Self { code, signal, at: exit.at.into() }
    }
}

#[napi(object, object_from_js = false)]
pub struct Ready {
    pub at: BigInt,
    pub call: Option<i64>,
}

impl From<facts::Ready> for Ready {
    fn from(ready: facts::Ready) -> Self {
        Self { at: ready.at.into(), call: ready.call }
    }
}

#[napi(object, object_from_js = false)]
pub struct Outputs {
    pub stdout: Uint8Array,
    pub stderr: Uint8Array,
    pub dropped: f64,
}

impl From<[process::Output; 2]> for Outputs {
    fn from([stdout, stderr]: [process::Output; 2]) -> Self {
        let dropped = (stdout.dropped + stderr.dropped) as f64;
        Self { stdout: stdout.bytes.into(), stderr: stderr.bytes.into(), dropped }
    }
}

#[napi(object, object_from_js = false)]
pub struct Memory {
    pub rss: f64,
    pub pss: f64,
    pub private_dirty: f64,
    pub anonymous: f64,
    pub page_tables: f64,
}

impl From<facts::Memory> for Memory {
    fn from(memory: facts::Memory) -> Self {
        Self {
            rss: memory.rss as f64,
            pss: memory.pss as f64,
            private_dirty: memory.private_dirty as f64,
            anonymous: memory.anonymous as f64,
            page_tables: memory.page_tables as f64,
        }
    }
}

#[napi(object, object_from_js = false)]
pub struct Usage {
    pub voluntary_switches: f64,
    pub involuntary_switches: f64,
    pub user_ticks: f64,
    pub system_ticks: f64,
    pub run_ns: BigInt,
}

impl From<facts::Usage> for Usage {
    fn from(usage: facts::Usage) -> Self {
        Self {
            voluntary_switches: usage.voluntary_switches as f64,
            involuntary_switches: usage.involuntary_switches as f64,
            user_ticks: usage.user_ticks as f64,
            system_ticks: usage.system_ticks as f64,
            run_ns: usage.run_ns.into(),
        }
    }
}

#[napi(object, object_from_js = false)]
pub struct Family {
    pub processes: u32,
    pub zombies: u32,
}

impl From<facts::Family> for Family {
    fn from(family: facts::Family) -> Self {
        Self { processes: family.processes, zombies: family.zombies }
    }
}

#[napi(object, object_from_js = false)]
pub struct StormReport {
    pub made: u32,
    pub failed: u32,
    pub untraced: u32,
    pub errno: i32,
    pub timed_out: bool,
    pub ns: BigInt,
    pub settled_ns: BigInt,
    pub left: Family,
    pub before: Usage,
    pub after: Usage,
}

impl From<storm::Report> for StormReport {
    fn from(report: storm::Report) -> Self {
        let [before, after] = report.usage;
        Self {
            made: report.made,
            failed: report.failed,
            untraced: report.untraced,
            errno: report.errno,
            timed_out: report.timed_out,
            ns: report.ns.into(),
            settled_ns: report.settled_ns.into(),
            left: report.left.into(),
            before: before.into(),
            after: after.into(),
        }
    }
}

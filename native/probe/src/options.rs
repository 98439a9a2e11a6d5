//! JavaScript's options as the core's.

use hiatus_probe_core::error::{Error, Kind, Result};
use hiatus_probe_core::filter;
use hiatus_probe_core::options::{Confinement, Enter, Orphan, Pre, Root, RootFile, Start, Storm};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

#[napi(object, object_to_js = false)]
pub struct ConfinementOptions {
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub drop_capabilities: Option<bool>,
    pub no_new_privs: Option<bool>,
    pub seccomp: Option<Uint8Array>,
    pub ignored: Option<Vec<i32>>,
    pub blocked: Option<Vec<i32>>,
}

fn confinement(options: Option<ConfinementOptions>) -> Result<Confinement> {
    let Some(options) = options else { return Ok(Confinement::default()) };
    Ok(Confinement {
        uid: options.uid,
        gid: options.gid,
        drop_capabilities: options.drop_capabilities.unwrap_or(false),
        no_new_privs: options.no_new_privs.unwrap_or(false),
        seccomp: options.seccomp.map(|bytes| filter::from_bytes(&bytes)).transpose()?,
        ignored: options.ignored.unwrap_or_default(),
        blocked: options.blocked.unwrap_or_default(),
    })
}

#[napi(object, object_to_js = false)]
pub struct FileOptions {
    pub source: String,
    pub path: String,
}

#[napi(object, object_to_js = false)]
pub struct PreOptions {
    pub program: String,
    pub args: Vec<String>,
}

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct StartOptions {
    pub path: Option<String>,
    pub args: Option<Vec<String>>,
    pub env: Option<Vec<String>>,
    pub files: Option<Vec<FileOptions>>,
    pub emulator: Option<String>,
    pub pre: Option<PreOptions>,
    pub root: Option<String>,
    pub read_only: Option<bool>,
    pub proc: Option<bool>,
    pub confinement: Option<ConfinementOptions>,
    pub user_namespace: Option<bool>,
    pub host_ids: Option<u32>,
    pub zombies: Option<u32>,
    pub zombie_signals: Option<Vec<i32>>,
    pub output_limit: Option<u32>,
    pub ready: Option<Vec<i64>>,
    pub cgroup: Option<String>,
}

impl StartOptions {
    pub fn into_core(self, program: String) -> Result<Start> {
        let default = Start::new(program);
        let root = match self.root.as_deref() {
            None | Some("private") => Root::Private {
                read_only: self.read_only.unwrap_or(true),
                proc: self.proc.unwrap_or(true),
            },
            Some("host") => Root::Host,
            Some(other) => return Err(unknown("root", other)),
        };
        let files = self.files.unwrap_or_default().into_iter();
        let pre = self.pre.map(|pre| Pre { program: pre.program.into(), args: pre.args });
        Ok(Start {
            path: self.path.unwrap_or(default.path),
            args: self.args.unwrap_or_default(),
            env: self.env.unwrap_or_default(),
            files: files
                .map(|file| RootFile { source: file.source.into(), path: file.path })
                .collect(),
            emulator: self.emulator.map(Into::into),
            pre,
            root,
            confinement: confinement(self.confinement)?,
            user_namespace: self.user_namespace,
            host_ids: self.host_ids.unwrap_or(default.host_ids),
            zombies: self.zombies.unwrap_or(0),
            zombie_signals: self.zombie_signals.unwrap_or(default.zombie_signals),
            output_limit: self.output_limit.map_or(default.output_limit, |limit| limit as usize),
            ready: self.ready,
            cgroup: self.cgroup.map(Into::into),
            program: default.program,
        })
    }
}

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct EnterOptions {
    pub argv: Option<Vec<String>>,
    pub env: Option<Vec<String>>,
    pub emulator: Option<String>,
    pub confinement: Option<ConfinementOptions>,
    pub output_limit: Option<u32>,
}

impl EnterOptions {
    pub fn into_core(self, program: String) -> Result<Enter> {
        let default = Enter::new(program);
        Ok(Enter {
            argv: self.argv.unwrap_or(default.argv),
            env: self.env.unwrap_or_default(),
            emulator: self.emulator.map(Into::into),
            confinement: confinement(self.confinement)?,
            output_limit: self.output_limit.map_or(default.output_limit, |limit| limit as usize),
            program: default.program,
        })
    }
}

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct StormOptions {
    pub orphan: Option<String>,
    pub in_flight: Option<u32>,
    pub timeout: Option<u32>,
    pub settle: Option<u32>,
}

impl StormOptions {
    pub fn into_core(self, count: u32) -> Result<Storm> {
        let default = Storm::new(count);
        let orphan = match self.orphan.as_deref() {
            None | Some("plain") => Orphan::Plain,
            Some("zombie") => Orphan::Zombie,
            Some("threads") => Orphan::Threads,
            Some("signals") => Orphan::Signals,
            Some("traced-waited") => Orphan::TracedWaited,
            Some("traced-abandoned") => Orphan::TracedAbandoned,
            Some("traced-detached") => Orphan::TracedDetached,
            Some(other) => return Err(unknown("orphan", other)),
        };
        Ok(Storm {
            orphan,
            in_flight: self.in_flight.unwrap_or(default.in_flight),
            timeout: self.timeout.map_or(default.timeout, u64::from),
            settle: self.settle.map_or(default.settle, u64::from),
            ..default
        })
    }
}

fn unknown(what: &str, value: &str) -> Error {
    let why = format!("'{value}' is unknown");
    Error { kind: Kind::Argument, call: what.into(), errno: 0, why }
}

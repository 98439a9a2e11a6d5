//! What the tests share: the program that they run as PID 1, and what this process holds.
#![allow(dead_code, reason = "each test file uses a part of it")]

use hiatus_probe_core::options::Start;
use hiatus_probe_core::process::{Exit, Status};
use hiatus_probe_core::{Process, start, supported};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::{env, fs};

/// Tests that count what this process holds must not run beside others.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a test that needs these abilities is not tried here. With `HIATUS_PROBE_MUST` set, that is
/// a failure.
pub fn refused(abilities: &[&str]) -> bool {
    static REFUSALS: OnceLock<Vec<(&'static str, String)>> = OnceLock::new();
    let refusals = REFUSALS.get_or_init(|| {
        supported().into_iter().map(|refusal| (refusal.ability, refusal.reason)).collect()
    });
    let reason =
        refusals.iter().find(|(ability, _)| *ability == "start" || abilities.contains(ability));
    if let Some((ability, reason)) = reason {
        assert!(env::var_os("HIATUS_PROBE_MUST").is_none(), "{ability}: {reason}");
        eprintln!("not tried: {ability}: {reason}");
    }
    reason.is_some()
}

/// The static program of `fixtures/init.c`.
pub fn init() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/init.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (aside, to) =
            (folder.join(format!("init-{}", std::process::id())), folder.join("init"));
        let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
        let built = Command::new(&compiler)
            .args(["-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o"])
            .args([&aside, &source])
            .status();
        assert!(built.is_ok_and(|status| status.success()), "{compiler} -static failed");
        // Test programs that run at the same time build the same.
        fs::rename(aside, &to).unwrap();
        to
    };
    BUILT.get_or_init(build).clone()
}

/// Options that run one behaviour of `fixtures/init.c`.
pub fn options(args: &[&str]) -> Start {
    Start { args: args.iter().map(|arg| (*arg).to_owned()).collect(), ..Start::new(init()) }
}

/// Starts one behaviour and waits until it waits for signals.
pub fn waiting(args: &[&str]) -> Process {
    let process = start(&options(args)).unwrap();
    assert!(process.ready(&[], 5_000).unwrap().is_some(), "it is not ready");
    process
}

/// Runs to its end and gives its standard output.
pub fn run(options: &Start) -> (Exit, String) {
    let process = start(options).unwrap();
    let exit = process.wait(10_000).expect("it ends");
    let [out, err] = process.outputs();
    assert_eq!(String::from_utf8_lossy(&err.bytes), "");
    (exit, String::from_utf8_lossy(&out.bytes).into_owned())
}

pub fn code(exit: Option<Exit>) -> Option<i32> {
    match exit?.status? {
        Status::Code(code) => Some(code),
        Status::Signal(_) => None,
    }
}

/// `name:\tvalue` lines of /proc/PID/status.
pub fn field(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim().to_owned()
}

/// What could leak: descriptors, children, threads and mounts of this process, and namespaces.
pub fn holdings() -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    let own = |path: &str| {
        let entries = fs::read_dir(path).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.path().display().to_string()).collect();
        names.sort();
        names
    };
    let descriptors = own("/proc/self/fd").into_iter();
    let target = |path: String| fs::read_link(&path).map(|to| format!("{path} {}", to.display()));
    // The folder that is being listed is not there afterwards.
    all.insert("descriptors", descriptors.filter_map(|path| target(path).ok()).collect());
    all.insert("children", children(std::process::id()));
    // Of the kinds that we mount: others may mount their own while we look.
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let ours = |line: &&str| line.contains("- tmpfs hiatus ") || line.contains("- proc ");
    all.insert("mounts", mounts.lines().filter(ours).map(str::to_owned).collect());
    all
}

/// PIDs of the children of a process, zombies too.
pub fn children(of: u32) -> Vec<String> {
    let stats = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (name, rest) = stat.rsplit_once(')')?;
        let parent: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        (parent == of).then(|| name.to_owned())
    });
    stats.collect()
}

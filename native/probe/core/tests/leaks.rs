//! Nothing of ours is left: after the last end, and after the caller's own.

mod common;

use common::{alone, children, holdings, options, refused, waiting};
use hiatus_probe_core::options::{Start, Storm};
use hiatus_probe_core::{start, storm};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn nothing_is_left_after_the_last_end() {
    let _alone = alone();
    if refused(&["enter"]) {
        return;
    }
    let before = holdings();
    for _ in 0..20 {
        let first = waiting(&["reap"]);
        let second = waiting(&["leak"]);
        storm(&second, &Storm { settle: 0, ..Storm::new(100) }).unwrap();
        assert!(start(&Start::new("/there/is/none")).is_err());
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(start(&Start::new(text)).is_err());
        first.signal_and_wait(libc::SIGTERM, 5_000).unwrap().unwrap();
        second.close().unwrap();
        drop((first, second));
        assert_eq!(holdings(), before);
    }
}

#[test]
fn drop_kills_and_reaps() {
    let _alone = alone();
    if refused(&[]) {
        return;
    }
    let before = holdings();
    drop(waiting(&["reap"]));
    until("the dropped process is gone", || holdings() == before);
}

#[test]
fn many_at_once_share_one_keeper() {
    let _alone = alone();
    if refused(&[]) {
        return;
    }
    let before = holdings();
    let all: Vec<_> = (0..100).map(|_| start(&options(&["reap"])).unwrap()).collect();
    assert_eq!(children(std::process::id()).len(), before["children"].len() + 101);
    drop(all);
    until("all are gone", || holdings() == before);
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what}: not after 10 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const HOLD: &str = env!("CARGO_BIN_EXE_hold");

/// Starts `caller/hold.rs` and waits until it holds what it was told to.
fn holder(count: usize, mode: &str) -> (Child, Vec<u32>) {
    let mut child = Command::new(HOLD)
        .arg(common::init())
        .args([&count.to_string(), mode])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pids = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        match line.unwrap().as_str() {
            "ready" => break,
            pid => pids.push(pid.parse().unwrap()),
        }
    }
    (child, pids)
}

/// Is this PID that of a process which was started by the holder and lives?
fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// PIDs of keepers whose parent is `of`.
fn keepers(of: u32) -> Vec<u32> {
    let pids = children(of).into_iter().filter_map(|child| {
        let (pid, name) = child.split_once(" (")?;
        (name == "hiatus-keeper").then(|| pid.parse().ok())?
    });
    pids.collect()
}

fn death_of_the_caller_leaves_nothing(count: usize, mode: &str) {
    let (mut child, mut pids) = holder(count, mode);
    let expected = count + usize::from(mode == "enter");
    assert_eq!(pids.len(), expected);
    assert!(pids.iter().all(|pid| is_alive(*pid)));
    let keepers = keepers(child.id());
    assert_eq!(keepers.len(), 1);
    pids.extend(&keepers);
    // What it starts later on, in "start" and "storm".
    std::thread::sleep(Duration::from_millis(50));
    let mut all = vec![child.id()];
    let mut index = 0;
    while index < all.len() {
        let names = children(all[index]);
        all.extend(names.iter().filter_map(|name| name.split(' ').next()?.parse::<u32>().ok()));
        index += 1;
    }
    pids.extend(&all[1..]);
    child.kill().unwrap();
    child.wait().unwrap();
    until("all that the caller started is gone", || !pids.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn kill_of_the_caller_kills_every_pid_1() {
    let _alone = alone();
    if !refused(&[]) {
        death_of_the_caller_leaves_nothing(20, "");
    }
}

#[test]
fn kill_of_the_caller_kills_what_entered() {
    let _alone = alone();
    if !refused(&["enter"]) {
        death_of_the_caller_leaves_nothing(2, "enter");
    }
}

#[test]
fn kill_of_the_caller_during_a_storm_leaves_nothing() {
    let _alone = alone();
    if !refused(&["enter"]) {
        death_of_the_caller_leaves_nothing(1, "storm");
    }
}

#[test]
fn kill_of_the_caller_at_any_moment_of_a_start_leaves_nothing() {
    let _alone = alone();
    if refused(&[]) {
        return;
    }
    for delay in 0..40 {
        let (mut child, pids) = holder(1, "start");
        std::thread::sleep(Duration::from_micros(delay * 97));
        let session = keepers(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        until("all is gone", || !session.iter().chain(&pids).any(|pid| is_alive(*pid)));
        // Whatever was cloned but not held yet would still be this program's copy.
        until("no copy is left", || !copies_left());
    }
}

/// Processes that run `caller/hold.rs`, or the static program, and that have lost their parent.
fn copies_left() -> bool {
    let name = common::init().file_name().unwrap().to_string_lossy().into_owned();
    children(1).iter().any(|child| {
        let pid = child.split(' ').next().unwrap().parse().unwrap_or(0);
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        command.contains(HOLD) && command.contains(&name) && is_alive(pid)
    })
}

//! A program started as PID 1: what it is, what it sees, how it ends.

mod common;

use common::{code, field, options, refused, run, waiting};
use hiatus_probe_core::error::Kind;
use hiatus_probe_core::options::{Confinement, Pre, Root, RootFile, Start};
use hiatus_probe_core::process::Status;
use hiatus_probe_core::{facts, start};
use std::fs;

#[test]
fn start_makes_pid_1_of_six_namespaces() {
    if refused(&[]) {
        return;
    }
    let process = waiting(&["reap"]);
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
    assert!(field(&status, "NSpid").ends_with("\t1"), "{status}");
    for namespace in ["pid", "mnt", "net", "ipc", "uts"] {
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).unwrap();
        assert_ne!(of("self"), of(&process.pid().to_string()), "{namespace}");
    }
    let mounts = fs::read_to_string(format!("/proc/{}/mounts", process.pid())).unwrap();
    let mounts: Vec<_> = mounts.lines().collect();
    assert_eq!(mounts.len(), 2, "{mounts:?}");
    assert!(mounts[0].starts_with("hiatus / tmpfs ro,"), "{mounts:?}");
    assert!(mounts[1].starts_with("proc /proc proc "), "{mounts:?}");
}

#[test]
fn signal_ends_it_and_times_are_in_order() {
    if refused(&[]) {
        return;
    }
    let process = waiting(&["reap"]);
    assert!(process.wait(0).is_none());
    let exit = process.signal_and_wait(libc::SIGTERM, 5_000).unwrap();
    assert_eq!(code(exit), Some(0));
    let times = process.times();
    let order = [
        times.cloned,
        times.executed,
        times.ready.unwrap(),
        times.signalled.unwrap(),
        times.exited.unwrap(),
    ];
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
    assert_eq!(process.signal(libc::SIGTERM).unwrap_err().kind, Kind::Ended);
    assert_eq!(process.alive(facts::memory).unwrap_err().kind, Kind::Ended);
}

#[test]
fn exit_codes_and_signals_are_told_apart() {
    if refused(&[]) {
        return;
    }
    assert_eq!(code(Some(run(&options(&["exit", "42"])).0)), Some(42));
    let trap = run(&options(&["crash"])).0.status;
    assert!(matches!(trap, Some(Status::Signal(libc::SIGILL | libc::SIGTRAP))), "{trap:?}");
    let deaf = start(&options(&["deaf"])).unwrap();
    assert!(deaf.signal_and_wait(libc::SIGTERM, 100).unwrap().is_none());
    deaf.close().unwrap();
    assert_eq!(deaf.exit().unwrap().status, Some(Status::Signal(libc::SIGKILL)));
}

#[test]
fn output_is_bounded_and_never_stops_the_writer() {
    if refused(&[]) {
        return;
    }
    let process = start(&Start { output_limit: 1_000, ..options(&["flood"]) }).unwrap();
    assert_eq!(code(process.wait(10_000)), Some(0));
    let [out, _] = process.outputs();
    assert_eq!((out.bytes.len(), out.dropped), (1_000, 1024 * 1024 - 1_000));
}

#[test]
fn it_gets_its_arguments_and_environment_and_nothing_else() {
    if refused(&[]) {
        return;
    }
    assert_eq!(run(&options(&["args", "a b", ""])).1, "/pause\nargs\na b\n\n");
    let env = vec!["A=1".to_owned(), "B=".to_owned()];
    assert_eq!(run(&Start { env, ..options(&["env"]) }).1, "A=1\nB=\n");
    assert_eq!(run(&options(&["fds"])).1, "0\n1\n2\n");
    assert_eq!(run(&options(&["ignored"])).1, "");
    let confinement =
        Confinement { ignored: vec![2, 15], blocked: vec![1, 34], ..Default::default() };
    let asked = Start { confinement, ..options(&["ignored"]) };
    assert_eq!(run(&asked).1, "2\n15\n");
    let status = run(&Start { args: vec!["status".into()], ..asked }).1;
    assert_eq!(field(&status, "SigBlk"), "0000000200000001");
}

#[test]
fn root_holds_the_files_asked_for_and_cannot_be_written() {
    if refused(&[]) {
        return;
    }
    let write = options(&["write", "/x"]);
    assert_eq!(code(Some(run(&write).0)), Some(libc::EROFS));
    let root = Root::Private { read_only: false, proc: false };
    assert_eq!(code(Some(run(&Start { root, ..write }).0)), Some(0));
    let path = "/usr/local/bin/other".to_owned();
    let files = vec![RootFile { source: common::init(), path: path.clone() }];
    let exec = Start { files, ..options(&["exec", &path, "args"]) };
    assert_eq!(run(&exec).1, "/usr/local/bin/other\nargs\n");
    let host = Start { root: Root::Host, ..options(&["args"]) };
    assert_eq!(run(&host).1, format!("{}\nargs\n", common::init().display()));
    let bad = Start { path: "/a/../b".into(), ..options(&[]) };
    assert_eq!(start(&bad).err().unwrap().kind, Kind::Argument);
}

#[test]
fn pre_runs_first_and_gets_the_command_line() {
    if refused(&[]) {
        return;
    }
    let pre = Pre { program: common::init(), args: vec!["exec".into()] };
    assert_eq!(run(&Start { pre: Some(pre), ..options(&["args"]) }).1, "/pause\nargs\n");
}

#[test]
fn confinement_takes_everything_away() {
    if refused(&["confinement", "seccomp"]) {
        return;
    }
    for no_new_privs in [true, false] {
        let confinement = Confinement {
            uid: Some(65_535),
            gid: Some(65_535),
            drop_capabilities: true,
            no_new_privs,
            seccomp: Some(deny(libc::SYS_ptrace, libc::EPERM)),
            ..Default::default()
        };
        let status = run(&Start { confinement, ..options(&["status"]) }).1;
        assert_eq!(field(&status, "Uid"), "65535\t65535\t65535\t65535");
        assert_eq!(field(&status, "Gid"), "65535\t65535\t65535\t65535");
        // SAFETY: takes nothing. Others than root may not leave their groups in a user namespace.
        if unsafe { libc::geteuid() } == 0 {
            assert_eq!(field(&status, "Groups"), "");
        }
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(field(&status, set), "0000000000000000", "{set}");
        }
        assert_eq!(field(&status, "NoNewPrivs"), u8::from(no_new_privs).to_string());
        assert_eq!(field(&status, "Seccomp"), "2");
    }
}

/// A seccomp program that answers an error to one call and lets all others pass.
fn deny(call: libc::c_long, errno: i32) -> Vec<libc::sock_filter> {
    let line = |code, jf, k| libc::sock_filter { code: code as u16, jt: 0, jf, k };
    vec![
        line(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        line(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, call as u32),
        line(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ERRNO | errno as u32),
        line(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

#[test]
fn seccomp_answers_as_the_program_says() {
    if refused(&["seccomp"]) {
        return;
    }
    let seccomp = Some(deny(libc::SYS_openat, libc::ENOTTY));
    let confinement = Confinement { seccomp, no_new_privs: true, ..Default::default() };
    let exit = run(&Start { confinement, ..options(&["write", "/x"]) }).0;
    assert_eq!(code(Some(exit)), Some(libc::ENOTTY));
}

#[test]
fn user_namespace_maps_root_and_65535() {
    if refused(&["user namespace"]) {
        return;
    }
    for (uid, shown) in [(None, 0), (Some(65_535), 65_535)] {
        let confinement = Confinement { uid, gid: uid, ..Default::default() };
        let asked = Start { user_namespace: Some(true), confinement, ..options(&["status"]) };
        let status = run(&asked).1;
        assert_eq!(field(&status, "Uid"), format!("{shown}\t{shown}\t{shown}\t{shown}"));
        assert_eq!(field(&status, "Gid"), format!("{shown}\t{shown}\t{shown}\t{shown}"));
    }
    let confinement = Confinement { uid: Some(70_000), ..Default::default() };
    let outside = Start { user_namespace: Some(true), confinement, ..options(&["status"]) };
    // SAFETY: takes nothing.
    if unsafe { libc::geteuid() } == 0 {
        let error = start(&outside).err().unwrap();
        assert!(error.to_string().ends_with("the user namespace does not map this id"), "{error}");
    }
}

#[test]
fn start_tells_a_program_that_cannot_run_from_a_kernel_that_refuses() {
    if refused(&[]) {
        return;
    }
    let text = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let error = start(&Start::new(text)).err().unwrap();
    assert_eq!((error.kind, error.errno), (Kind::Program, libc::ENOEXEC));
    assert_eq!(error.to_string(), "execve: ENOEXEC, it is not a program of this CPU");
    let error = start(&Start::new("/there/is/none")).err().unwrap();
    assert_eq!((error.kind, error.errno), (Kind::Refused, libc::ENOENT));
    let cgroup = Some("/there/is/none".into());
    assert!(start(&Start { cgroup, ..options(&["reap"]) }).is_err());
}

#[test]
fn memory_and_usage_are_told_while_it_lives() {
    if refused(&["memory"]) {
        return;
    }
    let process = waiting(&["reap"]);
    let memory = process.alive(facts::memory).unwrap();
    assert!(memory.rss > 0 && memory.page_tables > 0 && memory.private_dirty > 0, "{memory:?}");
    let usage = process.alive(facts::usage).unwrap();
    assert!(usage.run_ns > 0, "{usage:?}");
}

#[test]
fn zombies_from_before_exec_are_there() {
    if refused(&[]) {
        return;
    }
    let asked = |mode: &str| Start {
        zombies: 50,
        zombie_signals: vec![libc::SIGCHLD, 0, libc::SIGUSR1],
        ..options(&[mode])
    };
    let left = |mode| {
        let process = start(&asked(mode)).unwrap();
        assert!(process.ready(&[], 5_000).unwrap().is_some());
        process.alive(facts::family).unwrap()
    };
    assert_eq!(left("reap"), facts::Family::default());
    assert_eq!(left("leak"), facts::Family { processes: 50, zombies: 50 });
}

#[test]
fn ready_is_seen_right_after_exec_when_asked() {
    if refused(&[]) {
        return;
    }
    let process = start(&Start { ready: Some(Vec::new()), ..options(&["reap"]) }).unwrap();
    let seen = process.times().ready;
    if let Some(at) = seen {
        assert!(at > process.times().executed);
    }
    let ready = process.ready(&[], 5_000).unwrap().unwrap();
    assert!(seen.is_none_or(|at| at < ready.at));
    assert_eq!(process.times().ready, seen.or(Some(ready.at)));
    // In another call it never is.
    assert!(process.ready(&[libc::SYS_read], 20).unwrap().is_none());
}

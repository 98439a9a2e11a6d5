//! Programs that enter the namespaces of a running PID 1, and storms of orphans in there.

mod common;

use common::{code, field, options, refused, waiting};
use hiatus_probe_core::error::Kind;
use hiatus_probe_core::options::{Confinement, Enter, Orphan, Start, Storm};
use hiatus_probe_core::{Process, enter, facts, signal_inside, start, storm};
use std::fs;

fn entering(args: &[&str]) -> Enter {
    let argv = args.iter().map(|arg| (*arg).to_owned()).collect();
    Enter { argv, ..Enter::new(common::init()) }
}

fn run_inside(target: &Process, options: &Enter) -> (Option<i32>, String) {
    let process = enter(target, options).unwrap();
    let exit = process.wait(10_000);
    let [out, err] = process.outputs();
    assert_eq!(String::from_utf8_lossy(&err.bytes), "");
    (code(exit), String::from_utf8_lossy(&out.bytes).into_owned())
}

#[test]
fn enter_joins_all_namespaces_and_is_not_pid_1() {
    if refused(&["enter"]) {
        return;
    }
    let target = waiting(&["reap"]);
    let inside = enter(&target, &entering(&["x", "leak"])).unwrap();
    for namespace in ["pid", "mnt", "net", "ipc", "uts", "user"] {
        let of = |pid: i32| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).unwrap();
        assert_eq!(of(target.pid()), of(inside.pid()), "{namespace}");
    }
    assert!(inside.ready(&[], 5_000).unwrap().is_some());
    let exit = inside.signal_and_wait(libc::SIGTERM, 5_000).unwrap();
    assert_eq!(code(exit), Some(0));
    assert_eq!(run_inside(&target, &entering(&["name", "args"])).1, "name\nargs\n");
    assert_eq!(run_inside(&target, &entering(&["x", "fds"])).1, "0\n1\n2\n");
    assert_eq!(run_inside(&target, &entering(&["x", "exit", "9"])).0, Some(9));
}

#[test]
fn signal_inside_reaches_pid_1_only_where_it_blocks() {
    if refused(&["enter"]) {
        return;
    }
    for user_namespace in [None, Some(true)] {
        if user_namespace.is_some() && refused(&["user namespace"]) {
            return;
        }
        let deaf = start(&Start { user_namespace, ..options(&["deaf"]) }).unwrap();
        signal_inside(&deaf, libc::SIGTERM).unwrap();
        signal_inside(&deaf, libc::SIGKILL).unwrap();
        assert!(deaf.wait(50).is_none());
        let reaps = start(&Start { user_namespace, ..options(&["reap"]) }).unwrap();
        assert!(reaps.ready(&[], 5_000).unwrap().is_some());
        signal_inside(&reaps, libc::SIGTERM).unwrap();
        assert_eq!(code(reaps.wait(5_000)), Some(0));
        assert_eq!(signal_inside(&reaps, libc::SIGTERM).unwrap_err().kind, Kind::Ended);
        assert_eq!(signal_inside(&deaf, 65).unwrap_err().kind, Kind::Argument);
    }
}

#[test]
fn enter_works_in_user_namespaces_and_confined() {
    if refused(&["enter", "user namespace", "confinement"]) {
        return;
    }
    for uid in [None, Some(65_535)] {
        let confinement = Confinement {
            uid,
            gid: uid,
            drop_capabilities: true,
            no_new_privs: true,
            ..Default::default()
        };
        let asked = Start {
            user_namespace: Some(true),
            confinement: confinement.clone(),
            ..options(&["reap"])
        };
        let target = start(&asked).unwrap();
        assert!(target.ready(&[], 5_000).unwrap().is_some());
        let (exit, status) =
            run_inside(&target, &Enter { confinement, ..entering(&["x", "status"]) });
        assert_eq!(exit, Some(0));
        let uid = uid.unwrap_or(0).to_string();
        assert_eq!(field(&status, "Uid").split('\t').next(), Some(uid.as_str()));
        assert_eq!(field(&status, "CapEff"), "0000000000000000");
        let report = storm(&target, &Storm::new(1_000)).unwrap();
        assert_eq!((report.made, report.left.zombies), (1_000, 0), "{report:?}");
    }
}

#[test]
fn what_entered_dies_with_pid_1() {
    if refused(&["enter"]) {
        return;
    }
    let target = waiting(&["reap"]);
    let inside = enter(&target, &entering(&["x", "deaf"])).unwrap();
    target.close().unwrap();
    assert!(inside.wait(5_000).is_some());
    let error = enter(&target, &entering(&["x", "args"])).err().unwrap();
    assert_eq!(error.kind, Kind::Ended, "{error}");
    assert_eq!(storm(&target, &Storm::new(1)).unwrap_err().kind, Kind::Ended);
}

#[test]
fn orphans_of_what_entered_are_adopted_by_pid_1() {
    if refused(&["enter"]) {
        return;
    }
    let target = waiting(&["reap"]);
    assert_eq!(run_inside(&target, &entering(&["x", "orphan"])).0, Some(0));
    let family = target.alive(facts::family).unwrap();
    assert_eq!(family, facts::Family { processes: 1, zombies: 0 });
}

const KINDS: [Orphan; 7] = [
    Orphan::Plain,
    Orphan::Zombie,
    Orphan::Threads,
    Orphan::Signals,
    Orphan::TracedWaited,
    Orphan::TracedAbandoned,
    Orphan::TracedDetached,
];

#[test]
fn storm_of_every_kind_leaves_nothing_where_pid_1_reaps() {
    if refused(&["enter", "trace"]) {
        return;
    }
    let target = waiting(&["reap"]);
    for orphan in KINDS {
        let report = storm(&target, &Storm { orphan, ..Storm::new(3_000) }).unwrap();
        assert_eq!((report.made, report.failed, report.untraced), (3_000, 0, 0), "{report:?}");
        assert_eq!(report.left, facts::Family::default(), "{orphan:?} {report:?}");
        assert!(!report.timed_out && report.ns > 0);
        // The kernel reaps: PID 1 is not woken up for any of them.
        let [before, after] = report.usage;
        assert!(after.voluntary_switches - before.voluntary_switches < 10, "{report:?}");
    }
}

#[test]
fn storm_of_every_kind_is_counted_where_pid_1_does_not_reap() {
    if refused(&["enter", "trace"]) {
        return;
    }
    for orphan in KINDS {
        let target = waiting(&["leak"]);
        let options = Storm { orphan, in_flight: 16, settle: 200, ..Storm::new(100) };
        let report = storm(&target, &options).unwrap();
        let all = facts::Family { processes: 100, zombies: 100 };
        assert_eq!((report.made, report.left), (100, all), "{orphan:?}");
    }
}

#[test]
fn storm_that_takes_too_long_is_stopped() {
    if refused(&["enter"]) {
        return;
    }
    let target = waiting(&["reap"]);
    let report = storm(&target, &Storm { timeout: 50, ..Storm::new(100_000_000) }).unwrap();
    assert!(report.timed_out && report.made < 100_000_000, "{report:?}");
    assert!(storm(&target, &Storm::new(0)).is_err());
}

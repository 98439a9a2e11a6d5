//! The caller's half of starting PID 1.

use crate::child::{self, Failure, Stage};
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::facts::{self, Look};
use crate::fd::{self, Pipe};
use crate::options::Start;
use crate::plan::{self, Job, Launch, RootChange};
use crate::process::{CLOSELY, First, Fresh, Namespaces, Process};
use crate::supported::why;
use crate::sys::{self, Errno};
use crate::watch;
use std::ffi::c_int;
use std::fs;
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::time::Instant;

/// What every PID 1 gets of its own.
const NAMESPACES: c_int = libc::CLONE_NEWPID
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS;

/// How many ids a user namespace made by root maps, as the kubelet does: 65535 is among them.
const IDS: u32 = 65_536;

/// Which ids the process has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ids {
    /// The host's: no user namespace.
    Host,
    /// A range, which takes privilege.
    Range,
    /// The caller's own, under another number: all that one may map without privilege.
    Own,
}

/// By what this process may do, not by its name: root may have been stripped of it.
fn ids(user_namespace: Option<bool>, host_ids: u32) -> Ids {
    const SETGID: u32 = 6;
    const SETUID: u32 = 7;
    const SYS_ADMIN: u32 = 21;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = u64::from_str_radix(facts::field(&status, "CapEff"), 16).unwrap_or(0);
    let may = |capability: u32| effective & 1 << capability != 0;
    if !user_namespace.unwrap_or(!may(SYS_ADMIN)) {
        return Ids::Host;
    }
    let mapped = |map: &str| is_mapped(&fs::read_to_string(map).unwrap_or_default(), host_ids);
    let range = may(SETGID) && may(SETUID);
    match range && mapped("/proc/self/uid_map") && mapped("/proc/self/gid_map") {
        true => Ids::Range,
        false => Ids::Own,
    }
}

/// Has the user namespace of this process all ids of the range? Lines of first id inside, first id
/// outside, and count.
fn is_mapped(map: &str, first: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
        let (inside, count) = (numbers.next().unwrap_or(0), numbers.nth(1).unwrap_or(0));
        let (first, ids) = (u64::from(first), u64::from(IDS));
        inside <= first && first + ids <= inside + count
    })
}

/// Starts a program as PID 1 of new PID, mount, network, IPC and UTS namespaces, and of a user
/// namespace when asked or when the caller has no CAP_SYS_ADMIN. Returns once it is executed.
///
/// # Errors
/// With one reason: what the caller got wrong, what the kernel refuses here, or why the program
/// cannot be executed. Nothing is left behind.
pub fn start(options: &Start) -> Result<Process> {
    launch(plan::start(options)?, options)
}

/// All of [`start`] but the files and exec: what the kernel refuses, it refuses here. The process
/// waits until it is killed.
pub(crate) fn rehearse(options: &Start) -> Result<Process> {
    let mut launch = plan::start(options)?;
    launch.job = Job::Wait;
    if let RootChange::Private(root) = &mut launch.root {
        root.files.clear();
    }
    self::launch(launch, options)
}

fn launch(mut launch: Launch, options: &Start) -> Result<Process> {
    if sys::is_ignored(libc::SIGCHLD) {
        return Err(Error::refused("waitid(P_PIDFD)", libc::ECHILD).because(
            "this process ignores SIGCHLD, so the kernel would throw every exit status away",
        ));
    }
    let ids = ids(options.user_namespace, options.host_ids);
    launch.become_root = ids == Ids::Range;
    launch.set_groups = ids != Ids::Own;
    let user = if ids == Ids::Host { 0 } else { libc::CLONE_NEWUSER };
    let namespaces = Namespaces {
        flags: NAMESPACES | user,
        become_root: launch.become_root,
        set_groups: launch.set_groups,
    };

    let reservation = watch::reserve()?;
    let null = fd::null()?;
    let (out, err) = (Pipe::new(0)?, Pipe::new(0)?);
    let (report, gate) = (Pipe::new(0)?, Pipe::new(0)?);
    for pipe in [&out, &err, &report] {
        fd::set_nonblocking(&pipe.read)?;
    }
    let outputs = [&out.write, &err.write];
    let descriptors =
        plan::descriptors(&null, outputs, &report.write, &gate.read, &null, &launch.files)?;

    let flags = (namespaces.flags | libc::CLONE_PIDFD) as u32;
    let (cloned, fresh) =
        clone(u64::from(flags), || child::init(&launch, &descriptors, sys::raw(&report.write)))
            .map_err(|Errno(errno)| {
                let user = if user == 0 { "" } else { "CLONE_NEWUSER | " };
                let call = format!("clone3({user}CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | ...)");
                Error::refused(call, errno).because(why::clone(errno, !user.is_empty()))
            })?;
    // Only the child holds these ends from now on: their end of file is its own.
    drop((out.write, err.write, report.write, gate.read));

    reservation.hold(fresh.pidfd()?)?;
    map_ids(ids, fresh.pid, options)?;
    if let Some(folder) = &options.cgroup {
        write(&folder.join("cgroup.procs"), &fresh.pid.to_string())?;
    }
    sys::write(sys::raw(&gate.write), &[1])
        .map_err(|Errno(errno)| Error::refused("write to PID 1's gate", errno))?;
    let executed = executed(&report.read, user != 0)?;
    let command_before = launch.command_before;
    let look = |calls: &Vec<i64>| look_closely(fresh.pid, command_before.clone(), calls);
    let ready = options.ready.as_ref().and_then(look);
    let first = First { cloned, executed, ready, command_before };
    let pipes = [Some(out.read), Some(err.read)];
    fresh.into_process(reservation, namespaces, options.output_limit, first, pipes)
}

/// When it was ready, if that was soon.
fn look_closely(pid: i32, before: Option<Vec<u8>>, calls: &[i64]) -> Option<u64> {
    let mut look = Look::new(pid, before).ok()?;
    let begin = Instant::now();
    while begin.elapsed() < CLOSELY {
        if let Some(ready) = look.waits_in(calls).ok()? {
            return Some(ready.at);
        }
    }
    None
}

/// Clones with signals held back, and tells when. `child` is what the child does.
pub(crate) fn clone(flags: u64, child: impl FnOnce()) -> sys::Sys<(u64, Fresh)> {
    let mut pidfd: c_int = -1;
    let quiet = sys::Quiet::new();
    let at = clock::now();
    let pid = sys::clone3(flags, &mut pidfd);
    if pid == Ok(0) {
        child();
        sys::exit(127);
    }
    drop(quiet);
    // SAFETY: the kernel made it for us.
    let pidfd = pid.map(|pid| (pid, unsafe { OwnedFd::from_raw_fd(pidfd) }));
    pidfd.map(|(pid, pidfd)| (at, Fresh { pid, pidfd: Some(pidfd) }))
}

/// Waits until the child executes its program, which closes the pipe, or reports why not. Looks
/// without sleep at first: the wake-up would be later than a small program's readiness.
pub(crate) fn executed(report: &OwnedFd, user: bool) -> Result<u64> {
    let mut bytes = [0; Failure::SIZE];
    let begin = Instant::now();
    let count = loop {
        match sys::read(sys::raw(report), &mut bytes) {
            Err(Errno(libc::EAGAIN)) if begin.elapsed() < CLOSELY => std::hint::spin_loop(),
            Err(Errno(libc::EAGAIN)) => {
                let _ = sys::poll(sys::raw(report), libc::POLLIN, -1);
            }
            Err(Errno(errno)) => return Err(Error::refused("read of the child's report", errno)),
            Ok(count) => break count,
        }
    };
    let at = clock::now();
    if count < Failure::SIZE {
        return Ok(at);
    }
    let word = |from: usize| [bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]];
    let errno = i32::from_ne_bytes(word(4));
    let (kind, call, why) = match Stage::find(u32::from_ne_bytes(word(0))) {
        Some((stage, call)) => (stage.kind(), call, why::stage(stage, errno, user)),
        None => (Kind::Refused, "the child", String::new()),
    };
    Err(Error::refused(call, errno).because(why).of(kind))
}

/// user_namespaces(7), "User and group ID mappings".
fn map_ids(ids: Ids, pid: i32, options: &Start) -> Result<()> {
    let folder = Path::new("/proc").join(pid.to_string());
    // SAFETY: take nothing, cannot fail.
    let (own_uid, own_gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    let [uid, gid] = match ids {
        Ids::Host => return Ok(()),
        Ids::Range => {
            let first = options.host_ids;
            [format!("0 {first} {IDS}"), format!("0 {first} {IDS}")]
        }
        Ids::Own => {
            write(&folder.join("setgroups"), "deny")?;
            let (uid, gid) = (options.confinement.uid, options.confinement.gid);
            [
                format!("{} {own_uid} 1", uid.unwrap_or(0)),
                format!("{} {own_gid} 1", gid.unwrap_or(0)),
            ]
        }
    };
    let why = |error: Error| match error.errno {
        libc::EPERM => error.because("this process may not map these ids (user_namespaces(7))"),
        _ => error,
    };
    write(&folder.join("gid_map"), &gid).map_err(why)?;
    write(&folder.join("uid_map"), &uid).map_err(why)
}

/// One write(2): these files take nothing less.
fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Error::io(format!("write({name}, '{text}')"), &error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_mapped_wants_the_whole_range() {
        assert!(is_mapped("         0          0 4294967295\n", 65_536));
        assert!(!is_mapped("0 1000 1\n", 65_536));
        assert!(!is_mapped("0 1000 1\n1 100000 65536\n", 65_536));
        assert!(is_mapped("0 1000 1\n1 100000 65536\n", 1));
        assert!(!is_mapped("", 0));
    }
}

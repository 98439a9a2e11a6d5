//! The caller's half of entering the namespaces of a running PID 1.

use crate::child;
use crate::error::{Error, Kind, Result};
use crate::fd::{self, Pipe};
use crate::options::{Confinement, Enter};
use crate::plan::{self, Job, Launch, RootChange};
use crate::process::{First, Fresh, Process};
use crate::start::{clone, executed};
use crate::supported::why;
use crate::sys::{self, Errno};
use crate::watch;

/// Runs a program inside all namespaces of `target` at once. It is not PID 1 there, it dies with
/// PID 1, and its orphans are PID 1's. Returns once it is executed.
///
/// # Errors
/// With one reason, as [`crate::start`].
pub fn enter(target: &Process, options: &Enter) -> Result<Process> {
    let namespaces = target.inner.namespaces;
    let launch = plan::enter(options, namespaces.become_root, namespaces.set_groups)?;
    let (out, err) = (Pipe::new(0)?, Pipe::new(0)?);
    launch_inside(target, launch, options.output_limit, Some([out, err]))
}

/// Sends a signal to `target` from inside its PID namespace: from there, the kernel drops what PID 1
/// neither handles nor blocks (`sig_task_ignored`, kernel/signal.c). Returns once it is sent, also
/// when it ends PID 1.
///
/// # Errors
/// When the namespaces cannot be entered, PID 1 has ended before, or there is no such signal.
pub fn signal_inside(target: &Process, signal: i32) -> Result<()> {
    if !(1..=64).contains(&signal) {
        return Err(Error::argument("signal", format!("{signal} is not a signal")));
    }
    let namespaces = target.inner.namespaces;
    let launch = Launch {
        files: Vec::new(),
        root: RootChange::None,
        become_root: namespaces.become_root,
        set_groups: namespaces.set_groups,
        zombies: 0,
        zombie_signals: Vec::new(),
        confinement: Confinement::default(),
        job: Job::Signal(signal),
        command_before: None,
    };
    launch_inside(target, launch, 0, None)?.close()
}

/// Without pipes, what it writes goes nowhere.
pub(crate) fn launch_inside(
    target: &Process,
    launch: Launch,
    output_limit: usize,
    pipes: Option<[Pipe; 2]>,
) -> Result<Process> {
    let namespaces = target.inner.namespaces;
    let user = namespaces.flags & libc::CLONE_NEWUSER != 0;
    let reservation = watch::reserve()?;
    let null = fd::null()?;
    let (report, gate) = (Pipe::new(0)?, Pipe::new(0)?);
    fd::set_nonblocking(&report.read)?;
    let pipes = pipes.map(|pipes| pipes.map(|pipe| (pipe.read, pipe.write)));
    let (reads, writes) = match pipes {
        Some([(out, out_write), (err, err_write)]) => {
            fd::set_nonblocking(&out)?;
            fd::set_nonblocking(&err)?;
            ([Some(out), Some(err)], Some([out_write, err_write]))
        }
        None => ([None, None], None),
    };
    let outputs = writes.as_ref().map_or([&null, &null], |[out, err]| [out, err]);
    let pidfd = &fd::raised(&target.inner.pidfd)?;
    let descriptors =
        plan::descriptors(&null, outputs, &report.write, &gate.write, pidfd, &launch.files)?;

    let (cloned, helper) = clone(libc::CLONE_PIDFD as u64, || {
        child::helper(&launch, &descriptors, sys::raw(&report.write), namespaces.flags)
    })
    .map_err(|Errno(errno)| {
        Error::refused("clone3(CLONE_PIDFD)", errno).because(why::clone(errno, false))
    })?;
    drop((writes, report.write, gate.write));

    let mut pid = [0; 4];
    let told = sys::read(sys::raw(&gate.read), &mut pid);
    // Reaps the helper, which has nothing more to do.
    let _ = sys::reap(sys::raw(helper.pidfd()?));
    let ended = |error: Error| if target.exit().is_some() { error.of(Kind::Ended) } else { error };
    if told != Ok(pid.len()) {
        let reason = executed(&report.read, user).map(drop);
        let silent = || Error::refused("the helper", 0).because("it ended without a word");
        return Err(ended(reason.err().unwrap_or_else(silent)));
    }
    // It is a child of ours, and only we reap it: its PID cannot be another's yet.
    let pid = i32::from_ne_bytes(pid);
    let pidfd = sys::pidfd_open(pid).map_err(|Errno(errno)| Error::refused("pidfd_open", errno))?;
    let fresh = Fresh { pid, pidfd: Some(pidfd) };
    let executed = executed(&report.read, user).map_err(ended)?;
    let first = First { cloned, executed, ready: None, command_before: None };
    fresh.into_process(reservation, namespaces, output_limit, first, reads)
}

//! A started process: PID 1 of its namespaces, or a program that entered them.

use crate::clock;
use crate::error::{Error, Result};
use crate::facts;
pub use crate::sys::Status;
use crate::sys::{self, Errno};
use crate::watch;
use std::ffi::c_int;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How and when a process ended.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// Code or signal. None: other code of this process reaped it first, by waiting for any child.
    pub status: Option<Status>,
    /// When its end was seen, on the monotonic clock.
    pub at: u64,
}

/// When things happened, in nanoseconds on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Right before clone.
    pub cloned: u64,
    /// When exec was seen: the kernel closes the caller's pipe in the middle of it.
    pub executed: u64,
    /// When it was first seen waiting for signals.
    pub ready: Option<u64>,
    /// Right before the last signal was sent.
    pub signalled: Option<u64>,
    /// When its end was seen.
    pub exited: Option<u64>,
}

/// One of the two outputs.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The first bytes, up to the limit.
    pub bytes: Vec<u8>,
    /// How many more there were.
    pub dropped: u64,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) outputs: [Output; 2],
    pub(crate) exit: Option<Exit>,
    /// Seen by whoever waits more closely than the watch does.
    exit_seen: Option<u64>,
    ready: Option<u64>,
    signalled: Option<u64>,
}

/// Which namespaces it has, and what someone who enters them has to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Namespaces {
    pub(crate) flags: c_int,
    pub(crate) become_root: bool,
    pub(crate) set_groups: bool,
}

pub(crate) struct Inner {
    pub(crate) pid: i32,
    pub(crate) pidfd: OwnedFd,
    pub(crate) namespaces: Namespaces,
    pub(crate) output_limit: usize,
    /// The command line of what runs before the program itself.
    command_before: Option<Vec<u8>>,
    pub(crate) outcome: Arc<Outcome>,
    cloned: u64,
    executed: u64,
}

/// What becomes of a process. Apart from its pidfd, so that the watch lets go of that one before
/// it tells anybody of the end.
#[derive(Default)]
pub(crate) struct Outcome {
    state: Mutex<State>,
    changed: Condvar,
}

impl Outcome {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The watch saw it end and reaped it.
    pub(crate) fn set_exit(&self, status: Option<Status>, at: u64) {
        let mut state = self.state();
        let at = state.exit_seen.map_or(at, |seen| seen.min(at));
        state.exit = Some(Exit { status, at });
        self.changed.notify_all();
    }
}

/// What is known before there is a process to ask.
pub(crate) struct First {
    pub(crate) cloned: u64,
    pub(crate) executed: u64,
    pub(crate) ready: Option<u64>,
    pub(crate) command_before: Option<Vec<u8>>,
}

/// A child that is not watched yet: killed and reaped when it is dropped.
pub(crate) struct Fresh {
    pub(crate) pid: i32,
    pub(crate) pidfd: Option<OwnedFd>,
}

impl Fresh {
    pub(crate) fn pidfd(&self) -> Result<&OwnedFd> {
        self.pidfd.as_ref().ok_or_else(|| Error::ended("pidfd"))
    }

    /// Hands it to the watch.
    pub(crate) fn into_process(
        mut self,
        reservation: watch::Reservation,
        namespaces: Namespaces,
        output_limit: usize,
        first: First,
        pipes: [Option<OwnedFd>; 2],
    ) -> Result<Process> {
        let pidfd = self.pidfd.take().ok_or_else(|| Error::ended("pidfd"))?;
        let inner = Arc::new(Inner {
            pid: self.pid,
            pidfd,
            namespaces,
            output_limit,
            outcome: Arc::default(),
            cloned: first.cloned,
            executed: first.executed,
            command_before: first.command_before,
        });
        inner.outcome.state().ready = first.ready;
        let process = Process { inner: Arc::clone(&inner), key: reservation.key() };
        if let Err(error) = reservation.watch(inner, pipes) {
            process.kill();
            let _ = sys::reap(sys::raw(&process.inner.pidfd));
            return Err(error);
        }
        Ok(process)
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(pidfd) = &self.pidfd {
            let _ = sys::pidfd_signal(sys::raw(pidfd), libc::SIGKILL);
            let _ = sys::reap(sys::raw(pidfd));
        }
    }
}

/// A running or ended process. Dropping it kills it; the watch reaps it.
pub struct Process {
    pub(crate) inner: Arc<Inner>,
    key: u64,
}

/// Busy waiting is for the first moments only: 10 ms.
pub(crate) const CLOSELY: Duration = Duration::from_millis(10);

impl Process {
    /// Its PID in the caller's PID namespace. Not to be used once it has ended.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.inner.pid
    }

    /// When things happened so far.
    #[must_use]
    pub fn times(&self) -> Times {
        let state = self.inner.outcome.state();
        Times {
            cloned: self.inner.cloned,
            executed: self.inner.executed,
            ready: state.ready,
            signalled: state.signalled,
            exited: state.exit.map(|exit| exit.at),
        }
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        self.inner.outcome.state().exit
    }

    /// Sends a signal from outside its namespaces, and tells when: right before the call.
    ///
    /// # Errors
    /// When it has ended, or the kernel knows no such signal.
    pub fn signal(&self, signal: i32) -> Result<u64> {
        let at = clock::now();
        match sys::pidfd_signal(sys::raw(&self.inner.pidfd), signal) {
            Ok(()) => {
                self.inner.outcome.state().signalled = Some(at);
                Ok(at)
            }
            Err(Errno(libc::ESRCH)) => Err(Error::ended("pidfd_send_signal")),
            Err(Errno(libc::EINVAL)) => {
                Err(Error::argument("signal", format!("{signal} is not a signal")))
            }
            Err(Errno(errno)) => Err(Error::refused("pidfd_send_signal", errno)),
        }
    }

    /// Waits for its end, at most so many milliseconds. When it returns an exit, the process is
    /// reaped and its output is complete; when it was the last one, nothing of ours is left.
    #[must_use]
    pub fn wait(&self, timeout: u64) -> Option<Exit> {
        let patience = Duration::from_millis(timeout);
        let (state, _) = self
            .inner
            .outcome
            .changed
            .wait_timeout_while(self.inner.outcome.state(), patience, |state| state.exit.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.exit
    }

    /// Sends a signal and waits for the end. The time between the two is the program's: there is
    /// no sleep in the first 10 ms, which would end with a wake-up, and the namespaces are held
    /// open meanwhile, because the kernel takes a mount namespace down, in milliseconds, before it
    /// tells of its last process's end.
    ///
    /// # Errors
    /// As [`Process::signal`].
    pub fn signal_and_wait(&self, signal: i32, timeout: u64) -> Result<Option<Exit>> {
        let open = |name| File::open(format!("/proc/{}/ns/{name}", self.pid()));
        let held = ["mnt", "net", "ipc", "uts"].map(open);
        let begin = Instant::now();
        self.signal(signal)?;
        let closely = CLOSELY.min(Duration::from_millis(timeout));
        while begin.elapsed() < closely {
            if let Ok(true) = sys::poll(sys::raw(&self.inner.pidfd), libc::POLLIN, 0) {
                let now = clock::now();
                let mut state = self.inner.outcome.state();
                state.exit_seen = Some(now);
                if let Some(exit) = &mut state.exit {
                    exit.at = exit.at.min(now);
                }
                break;
            }
        }
        let left = timeout.saturating_sub(begin.elapsed().as_millis() as u64);
        let exit = self.wait(left);
        drop(held);
        Ok(exit)
    }

    /// Waits until it sleeps in one of these calls (numbers of the host's CPU), at most so many
    /// milliseconds. None: it did not, or it ended.
    ///
    /// # Errors
    /// When /proc does not tell in which call a process is.
    pub fn ready(&self, calls: &[i64], timeout: u64) -> Result<Option<facts::Ready>> {
        let begin = Instant::now();
        let patience = Duration::from_millis(timeout);
        let before = self.inner.command_before.clone();
        let mut look = match facts::Look::new(self.inner.pid, before) {
            Ok(look) => look,
            Err(_) if self.exit().is_some() => return Ok(None),
            Err(error) => return Err(error),
        };
        loop {
            match look.waits_in(calls) {
                Ok(Some(ready)) => {
                    self.inner.outcome.state().ready.get_or_insert(ready.at);
                    return Ok(Some(ready));
                }
                Ok(None) => {}
                Err(_) if self.has_ended() => return Ok(None),
                Err(error) => return Err(error),
            }
            let spent = begin.elapsed();
            if spent >= patience || (spent > CLOSELY && self.has_ended()) {
                return Ok(None);
            }
            if spent > CLOSELY {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }

    /// Standard output and standard error, all that it has written so far.
    #[must_use]
    pub fn outputs(&self) -> [Output; 2] {
        watch::drain(self.key);
        self.inner.outcome.state().outputs.clone()
    }

    /// Kills it, and with PID 1 all that lives in its namespaces, and waits until it is gone.
    ///
    /// # Errors
    /// When the kernel takes more than ten seconds for that.
    pub fn close(&self) -> Result<()> {
        self.kill();
        match self.wait(10_000) {
            Some(_) => Ok(()),
            None => Err(Error::refused("waitid(P_PIDFD)", 0)
                .because(format!("process {} does not end ten seconds after SIGKILL", self.pid()))),
        }
    }

    /// The facts of a process that has not ended.
    ///
    /// # Errors
    /// When it has ended.
    pub fn alive<T>(&self, read: impl FnOnce(i32) -> Result<T>) -> Result<T> {
        // A PID is taken again only after its process has ended: what was read before that was
        // about this process.
        let result = read(self.inner.pid);
        if self.has_ended() { Err(Error::ended("/proc")) } else { result }
    }

    fn has_ended(&self) -> bool {
        sys::poll(sys::raw(&self.inner.pidfd), libc::POLLIN, 0) != Ok(false)
    }

    /// Kills it without waiting; the watch reaps it.
    pub fn kill(&self) {
        let _ = sys::pidfd_signal(sys::raw(&self.inner.pidfd), libc::SIGKILL);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

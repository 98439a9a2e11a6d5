//! The caller's half of a storm of orphans.

use crate::clock;
use crate::enter::launch_inside;
use crate::error::{Error, Result};
use crate::facts::{self, Family, Usage};
use crate::options::{Confinement, Storm};
use crate::orphans::{self, Counters};
use crate::plan::{Job, Launch, RootChange};
use crate::process::{Process, Status};
use crate::sys;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// What became of a storm.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Orphans that lived.
    pub made: u32,
    /// Orphans that could not be made.
    pub failed: u32,
    /// Orphans that lived, but that no tracer could attach to.
    pub untraced: u32,
    /// The error of the first that failed; 0: none did.
    pub errno: i32,
    /// The making was stopped: it took too long.
    pub timed_out: bool,
    /// From the first orphan's making to the last one's end, in nanoseconds.
    pub ns: u64,
    /// From then until the last child of PID 1 was gone, or until patience ended.
    pub settled_ns: u64,
    /// What was left then below PID 1.
    pub left: Family,
    /// What PID 1 had caused before, and had caused when it had settled.
    pub usage: [Usage; 2],
}

/// The counters, shared with the maker.
struct Shared(*mut Counters);

impl Shared {
    fn new() -> Result<Self> {
        let memory = sys::map(size_of::<Counters>(), libc::MAP_SHARED)
            .map_err(|sys::Errno(errno)| Error::refused("mmap", errno))?
            .cast::<Counters>();
        // SAFETY: a fresh mapping, aligned to a page.
        unsafe { memory.write(Counters::default()) };
        Ok(Self(memory))
    }

    fn get(&self) -> &Counters {
        // SAFETY: mapped until this is dropped, and all fields are atomics.
        unsafe { &*self.0 }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, with this size. The maker has a mapping of its own.
        unsafe { libc::munmap(self.0.cast(), size_of::<Counters>()) };
    }
}

/// Makes orphans for the PID 1 `target`, at full speed, and tells what it did with them.
///
/// # Errors
/// When the namespaces cannot be entered, or PID 1 ends during the storm.
pub fn storm(target: &Process, options: &Storm) -> Result<Report> {
    if options.count == 0 || options.in_flight == 0 {
        return Err(Error::argument("storm", "count and in-flight are at least 1"));
    }
    let shared = Shared::new()?;
    let namespaces = target.inner.namespaces;
    let launch = Launch {
        files: Vec::new(),
        root: RootChange::None,
        become_root: namespaces.become_root,
        set_groups: namespaces.set_groups,
        zombies: 0,
        zombie_signals: Vec::new(),
        confinement: Confinement::default(),
        job: Job::Orphans(orphans::Job { storm: *options, counters: shared.0 }),
        command_before: None,
    };
    let before = target.alive(facts::usage)?;
    let maker = launch_inside(target, launch, 0, None)?;
    let exit = maker.wait(options.timeout);
    maker.close()?;
    let counters = shared.get();
    let begun = counters.begun.load(SeqCst);
    let ended = match counters.ended.load(SeqCst) {
        0 => clock::now(),
        at => at,
    };
    let (left, settled_at) = settle(target, options.settle)?;
    if let Some(Some(Status::Signal(signal))) = exit.map(|exit| exit.status) {
        return Err(
            Error::refused("the maker of orphans", 0).because(format!("signal {signal} ended it"))
        );
    }
    Ok(Report {
        made: counters.made.load(SeqCst),
        failed: counters.failed.load(SeqCst),
        untraced: counters.untraced.load(SeqCst),
        errno: counters.errno.load(SeqCst),
        timed_out: exit.is_none(),
        ns: ended.saturating_sub(begun),
        settled_ns: settled_at.saturating_sub(ended),
        left,
        usage: [before, target.alive(facts::usage)?],
    })
}

/// Waits until PID 1 has no descendant, at most so many milliseconds.
fn settle(target: &Process, patience: u64) -> Result<(Family, u64)> {
    let end = clock::now() + patience.saturating_mul(1_000_000);
    loop {
        let family = target.alive(facts::family)?;
        let now = clock::now();
        if family.processes == 0 || now >= end {
            return Ok((family, now));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

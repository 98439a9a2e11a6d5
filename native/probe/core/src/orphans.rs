//! The maker of orphans: runs inside the namespaces, as a copy of the caller that never executes
//! anything. Rules of `child`: no allocation, no lock, no panic.
//!
//! Orphans share the maker's memory (CLONE_VM), because copying a JavaScript runtime's page tables
//! for each would take longer than anything that is to be seen. The kernel ends and reaps them as
//! any other process. One batch is made by a *middle* process, which then ends: that is what makes
//! them orphans. They die together when the gate opens.

use crate::clock;
use crate::options::{Orphan, Storm};
use crate::sys::{self, Sys, check};
use std::ffi::{c_int, c_long, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering::SeqCst};

/// What the maker tells its caller, in memory that both share.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) made: AtomicU32,
    /// Could not be made.
    pub(crate) failed: AtomicU32,
    /// Were made, but no tracer could attach.
    pub(crate) untraced: AtomicU32,
    /// Of the first failure.
    pub(crate) errno: AtomicI32,
    pub(crate) begun: AtomicU64,
    pub(crate) ended: AtomicU64,
}

pub(crate) struct Job {
    pub(crate) storm: Storm,
    pub(crate) counters: *const Counters,
}

/// Enough for a few calls, in a build without optimisation too.
const STACK: usize = 16 * 1024;

/// One orphan of a batch.
struct Slot {
    /// Not 0 while the first thread uses its stack: the kernel clears them at its end.
    first: AtomicU32,
    /// The same for the second thread.
    second: AtomicU32,
    /// As the namespace numbers it; 0: could not be made.
    pid: AtomicI32,
    index: u32,
    batch: *const Batch,
}

struct Batch {
    counters: *const Counters,
    orphan: Orphan,
    /// 0: live. 1: die.
    gate: AtomicU32,
    count: AtomicU32,
    slots: *mut Slot,
    /// Two for each slot, then one for the middle process and one for the tracer.
    stacks: *mut u8,
    capacity: usize,
}

/// Makes all orphans, a batch at a time.
pub(crate) fn run(job: &Job) -> Sys<()> {
    // The middle process gets odd signals of its children, and must not die of them.
    sys::set_mask(u64::MAX)?;
    let capacity = job.storm.in_flight.clamp(1, job.storm.count.max(1)) as usize;
    let stacks = sys::map((2 * capacity + 2) * STACK, libc::MAP_PRIVATE | libc::MAP_NORESERVE)?;
    let slots = sys::map(capacity * size_of::<Slot>(), libc::MAP_PRIVATE)?.cast::<Slot>();
    let batch = Batch {
        counters: job.counters,
        orphan: job.storm.orphan,
        gate: AtomicU32::new(0),
        count: AtomicU32::new(0),
        slots,
        stacks,
        capacity,
    };
    for index in 0..capacity {
        let slot = Slot {
            first: AtomicU32::new(0),
            second: AtomicU32::new(0),
            pid: AtomicI32::new(0),
            index: index as u32,
            batch: &raw const batch,
        };
        // SAFETY: within the mapping, which is aligned to a page, and nobody looks at it yet.
        unsafe { slots.add(index).write(slot) };
    }
    let counters = batch.counters();
    counters.begun.store(clock::now(), SeqCst);
    let mut left = job.storm.count;
    while left > 0 {
        let count = left.min(capacity as u32);
        left -= count;
        batch.run(count);
    }
    counters.ended.store(clock::now(), SeqCst);
    Ok(())
}

impl Batch {
    fn counters(&self) -> &Counters {
        // SAFETY: mapped by the caller for as long as this process lives.
        unsafe { &*self.counters }
    }

    /// All slots of this batch, less than the capacity in the last one.
    fn slots(&self) -> &[Slot] {
        // SAFETY: written before the first batch; their fields are atomics or never change.
        unsafe { std::slice::from_raw_parts(self.slots, self.count.load(SeqCst) as usize) }
    }

    /// The upper end of a stack.
    fn stack(&self, number: usize) -> *mut c_void {
        // SAFETY: the mapping holds two for each slot and two more.
        unsafe { self.stacks.add((number + 1) * STACK).cast() }
    }

    fn failed(&self, count: u32, errno: i32) {
        self.counters().failed.fetch_add(count, SeqCst);
        let _ = self.counters().errno.compare_exchange(0, errno, SeqCst, SeqCst);
    }

    fn open_gate(&self) {
        self.gate.store(1, SeqCst);
        sys::futex_wake(&self.gate);
    }

    fn run(&self, count: u32) {
        self.gate.store(0, SeqCst);
        self.count.store(count, SeqCst);
        match self.helper(middle, 2 * self.capacity) {
            // The middle process has been reaped: its children have a new parent.
            Ok(()) => {}
            Err(sys::Errno(errno)) => return self.failed(count, errno),
        }
        let traced = matches!(
            self.orphan,
            Orphan::TracedWaited | Orphan::TracedAbandoned | Orphan::TracedDetached
        );
        if traced && let Err(sys::Errno(errno)) = self.helper(tracer, 2 * self.capacity + 1) {
            self.counters().untraced.fetch_add(count, SeqCst);
            let _ = self.counters().errno.compare_exchange(0, errno, SeqCst, SeqCst);
        }
        self.open_gate();
        for slot in self.slots() {
            wait_for(&slot.first);
            wait_for(&slot.second);
        }
    }

    /// A child of the maker that shares its memory; waits until it is gone.
    fn helper(&self, main: sys::Main, stack: usize) -> Sys<()> {
        let batch = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: it is reaped before its stack is used again.
        let pid = unsafe {
            sys::shared_clone(main, self.stack(stack), libc::SIGCHLD, batch, null_mut())?
        };
        sys::wait(libc::P_PID, pid as u32, 0).map(drop)
    }
}

fn wait_for(word: &AtomicU32) {
    loop {
        match word.load(SeqCst) {
            0 => return,
            value => sys::futex_wait(word, value),
        }
    }
}

fn wait_for_gate(batch: &Batch) {
    while batch.gate.load(SeqCst) == 0 {
        sys::futex_wait(&batch.gate, 0);
    }
}

/// Makes the orphans of one batch and ends.
extern "C" fn middle(batch: *mut c_void) -> c_int {
    // SAFETY: the maker's batch, which outlives this process.
    let batch = unsafe { &*batch.cast::<Batch>() };
    for slot in batch.slots() {
        let signal = match (batch.orphan, slot.index % 4) {
            (Orphan::Signals, 0 | 1) => 0,
            (Orphan::Signals, _) => libc::SIGUSR1,
            _ => libc::SIGCHLD,
        };
        let argument = std::ptr::from_ref(slot).cast_mut().cast();
        let flags = libc::CLONE_FILES | libc::CLONE_FS | libc::CLONE_CHILD_CLEARTID | signal;
        slot.first.store(1, SeqCst);
        // SAFETY: `first` stays 1 until the kernel has left its stack behind.
        let made = unsafe {
            let top = batch.stack(2 * slot.index as usize);
            sys::shared_clone(orphan, top, flags, argument, slot.first.as_ptr())
        };
        slot.pid.store(made.unwrap_or(0), SeqCst);
        match made {
            Ok(_) => drop(batch.counters().made.fetch_add(1, SeqCst)),
            Err(sys::Errno(errno)) => {
                slot.first.store(0, SeqCst);
                batch.failed(1, errno);
            }
        }
    }
    for slot in batch.slots() {
        let pid = slot.pid.load(SeqCst);
        if pid != 0 && dies_at_once(slot, batch.orphan) {
            // A zombie from now on, that nobody has waited for.
            let _ = sys::wait(libc::P_PID, pid as u32, libc::WNOWAIT);
        }
    }
    0
}

fn dies_at_once(slot: &Slot, orphan: Orphan) -> bool {
    match orphan {
        Orphan::Zombie => true,
        Orphan::Signals => slot.index % 2 == 1,
        _ => false,
    }
}

extern "C" fn orphan(slot: *mut c_void) -> c_int {
    // SAFETY: the maker's slot and batch, which outlive this process.
    let (slot, batch) = unsafe {
        let slot = &*slot.cast::<Slot>();
        (slot, &*slot.batch)
    };
    if batch.orphan == Orphan::Threads {
        const THREAD: c_int = libc::CLONE_SIGHAND
            | libc::CLONE_THREAD
            | libc::CLONE_FILES
            | libc::CLONE_FS
            | libc::CLONE_CHILD_CLEARTID;
        slot.second.store(1, SeqCst);
        let argument = std::ptr::from_ref(slot).cast_mut().cast();
        // SAFETY: `second` stays 1 until the kernel has left its stack behind.
        let made = unsafe {
            let top = batch.stack(2 * slot.index as usize + 1);
            sys::shared_clone(last_thread, top, THREAD, argument, slot.second.as_ptr())
        };
        if let Err(sys::Errno(errno)) = made {
            slot.second.store(0, SeqCst);
            batch.failed(1, errno);
        }
        sys::exit_thread();
    }
    if !dies_at_once(slot, batch.orphan) {
        wait_for_gate(batch);
    }
    0
}

extern "C" fn last_thread(slot: *mut c_void) -> c_int {
    // SAFETY: as for the orphan.
    wait_for_gate(unsafe { &*(*slot.cast::<Slot>()).batch });
    sys::exit_thread()
}

/// Traces the orphans of one batch, lets them die, and lets go of them in its own way.
extern "C" fn tracer(batch: *mut c_void) -> c_int {
    // SAFETY: the maker's batch, which outlives this process.
    let batch = unsafe { &*batch.cast::<Batch>() };
    for slot in batch.slots() {
        let pid = slot.pid.load(SeqCst);
        if pid == 0 {
            continue;
        }
        let mut attached = trace(libc::PTRACE_SEIZE as c_long, pid);
        if batch.orphan == Orphan::TracedDetached && attached.is_ok() {
            attached = trace(libc::PTRACE_INTERRUPT as c_long, pid)
                .and_then(|()| stopped(pid))
                .and_then(|()| trace(libc::PTRACE_DETACH as c_long, pid));
        }
        if let Err(sys::Errno(errno)) = attached {
            slot.pid.store(0, SeqCst);
            batch.counters().untraced.fetch_add(1, SeqCst);
            let _ = batch.counters().errno.compare_exchange(0, errno, SeqCst, SeqCst);
        }
    }
    if batch.orphan == Orphan::TracedDetached {
        return 0;
    }
    batch.open_gate();
    for slot in batch.slots() {
        let pid = slot.pid.load(SeqCst);
        if pid != 0 {
            let leave = if batch.orphan == Orphan::TracedAbandoned { libc::WNOWAIT } else { 0 };
            let _ = sys::wait(libc::P_PID, pid as u32, leave);
        }
    }
    0
}

fn trace(request: c_long, pid: i32) -> Sys<()> {
    // SAFETY: requests without address and data. Past the C library, whose types differ.
    let done = unsafe { libc::syscall(libc::SYS_ptrace, request, pid, 0, 0) };
    check(done).map(drop)
}

/// Waits until a traced process stands still.
fn stopped(pid: i32) -> Sys<()> {
    // SAFETY: the kernel fills the siginfo; zero is valid for it.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WSTOPPED | libc::__WALL;
        let id = pid as libc::id_t;
        sys::retry(|| check(libc::waitid(libc::P_PID, id, &raw mut info, options))).map(drop)
    }
}

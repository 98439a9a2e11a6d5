//! The kernel's calls, one function each, with their error as a number.
//!
//! Everything here may be called between clone and exec: nothing allocates or takes a lock. The
//! calls that change credentials go past the C library on purpose: its versions signal every
//! thread of the process, and the child has copies of threads that do not exist.

use std::ffi::{CStr, c_int, c_long, c_ulong, c_void};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::{null, null_mut};

/// A kernel error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) c_int);

pub(crate) type Sys<T> = Result<T, Errno>;

pub(crate) fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// The C library's convention: -1 is an error.
pub(crate) fn check(result: impl Into<i64>) -> Sys<i64> {
    match result.into() {
        -1 => Err(Errno(errno())),
        value => Ok(value),
    }
}

/// Calls again after EINTR: a runtime's profiler may signal any of our threads.
pub(crate) fn retry<T>(mut call: impl FnMut() -> Sys<T>) -> Sys<T> {
    loop {
        match call() {
            Err(Errno(libc::EINTR)) => {}
            other => return other,
        }
    }
}

/// `fork`, with clone3's flags: 0 in the child, the child's PID in the parent. No signal tells the
/// parent of the child's end until the child has called exec, so that no other code of the
/// process reaps it (`exit_signal` 0; exec sets SIGCHLD).
pub(crate) fn clone3(flags: u64, pidfd: &mut c_int) -> Sys<i32> {
    // The first version of `struct clone_args`: flags, pidfd, and six fields that stay 0.
    let mut args = [flags, std::ptr::from_mut(pidfd) as u64, 0, 0, 0, 0, 0, 0];
    // SAFETY: without CLONE_VM the child has a copy of this stack, as after fork; `pidfd` is
    // written by the kernel before it returns in the parent. Callers keep to the child's rules.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, args.as_mut_ptr(), size_of_val(&args)) };
    Ok(check(pid)? as i32)
}

/// A process made by [`shared_clone`] starts here.
pub(crate) type Main = extern "C" fn(*mut c_void) -> c_int;

/// `clone` into the caller's own memory, on a stack of its own: cheap, however big the caller is.
///
/// # Safety
/// `top` is the upper end of a stack that nothing uses until the child is gone, `word` stays valid
/// until then too, and `main` does nothing but plain kernel calls and atomics.
pub(crate) unsafe fn shared_clone(
    main: Main,
    top: *mut c_void,
    flags: c_int,
    argument: *mut c_void,
    word: *mut u32,
) -> Sys<i32> {
    // SAFETY: by the contract of this function.
    let pid = unsafe {
        libc::clone(
            main,
            top,
            libc::CLONE_VM | flags,
            argument,
            null_mut::<c_int>(),
            null_mut::<c_void>(),
            word,
        )
    };
    Ok(check(pid)? as i32)
}

/// Ends the process at once: no exit handlers, they belong to the caller.
pub(crate) fn exit(status: c_int) -> ! {
    // SAFETY: never returns.
    unsafe { libc::_exit(status) }
}

/// Ends this thread alone, and its process only with its last thread.
pub(crate) fn exit_thread() -> ! {
    loop {
        // SAFETY: never returns.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
}

pub(crate) fn pidfd_open(pid: i32) -> Sys<OwnedFd> {
    // SAFETY: takes two numbers; the result is a fresh descriptor that we own.
    unsafe {
        let fd = check(libc::syscall(libc::SYS_pidfd_open, pid, 0))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

pub(crate) fn pidfd_signal(pidfd: RawFd, signal: c_int) -> Sys<()> {
    // SAFETY: no pointer is followed, the siginfo is null.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signal, null::<libc::siginfo_t>(), 0)
    };
    check(result).map(drop)
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It called exit with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// Waits for a child's end. With `leave` it stays a zombie. None: WNOHANG was given and it lives.
pub(crate) fn wait(kind: libc::idtype_t, id: u32, options: c_int) -> Sys<Option<Status>> {
    // SAFETY: the kernel fills the siginfo; zero is a valid one and means that nobody ended.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        retry(|| {
            check(libc::waitid(kind, id, &raw mut info, libc::WEXITED | libc::__WALL | options))
        })?;
        Ok(match (info.si_signo, info.si_code) {
            (0, _) => None,
            (_, libc::CLD_EXITED) => Some(Status::Code(info.si_status())),
            _ => Some(Status::Signal(info.si_status())),
        })
    }
}

/// Sends a signal to a process of this one's PID namespace.
pub(crate) fn kill(pid: i32, signal: c_int) -> Sys<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Sleeps until a signal comes.
pub(crate) fn sleep() {
    // SAFETY: no descriptor to look at, no timeout.
    unsafe { libc::poll(null_mut(), 0, -1) };
}

/// Waits for a child by its pidfd and reaps it.
pub(crate) fn reap(pidfd: RawFd) -> Sys<Status> {
    match wait(libc::P_PIDFD, pidfd as u32, 0)? {
        Some(status) => Ok(status),
        None => Err(Errno(libc::ECHILD)),
    }
}

/// Is one of `events` there on `fd`? Waits up to `timeout` milliseconds, -1 for ever.
pub(crate) fn poll(fd: RawFd, events: i16, timeout: c_int) -> Sys<bool> {
    let mut entry = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one entry, and the count says one.
    Ok(check(unsafe { libc::poll(&raw mut entry, 1, timeout) })? > 0)
}

pub(crate) fn read(fd: RawFd, buffer: &mut [u8]) -> Sys<usize> {
    // SAFETY: the kernel writes at most the length that is given.
    let count =
        retry(
            || check(unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) } as i64),
        )?;
    Ok(count as usize)
}

pub(crate) fn write(fd: RawFd, buffer: &[u8]) -> Sys<usize> {
    // SAFETY: the kernel reads at most the length that is given.
    let count =
        retry(|| check(unsafe { libc::write(fd, buffer.as_ptr().cast(), buffer.len()) } as i64))?;
    Ok(count as usize)
}

/// Closes every descriptor from `first` on.
pub(crate) fn close_from(first: usize) -> Sys<()> {
    // SAFETY: only called in children, which use none of these descriptors again.
    check(unsafe {
        libc::syscall(libc::SYS_close_range, first as c_long, c_long::from(u32::MAX), 0)
    })
    .map(drop)
}

pub(crate) fn dup3(from: RawFd, to: RawFd, flags: c_int) -> Sys<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::dup3(from, to, flags) }).map(drop)
}

pub(crate) fn setns(fd: RawFd, flags: c_int) -> Sys<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::setns(fd, flags) }).map(drop)
}

pub(crate) fn setsid() -> Sys<()> {
    // SAFETY: takes nothing.
    check(unsafe { libc::setsid() }).map(drop)
}

#[cfg(not(any(target_arch = "x86", target_arch = "arm")))]
mod ids {
    pub(super) use libc::{SYS_setgroups, SYS_setresgid, SYS_setresuid};
}

/// The old 16-bit calls have the plain names on these CPUs.
#[cfg(any(target_arch = "x86", target_arch = "arm"))]
mod ids {
    pub(super) use libc::{
        SYS_setgroups32 as SYS_setgroups, SYS_setresgid32 as SYS_setresgid,
        SYS_setresuid32 as SYS_setresuid,
    };
}

pub(crate) fn clear_groups() -> Sys<()> {
    // SAFETY: an empty list; the pointer is not followed.
    check(unsafe { libc::syscall(ids::SYS_setgroups, 0, null::<u32>()) }).map(drop)
}

pub(crate) fn set_gid(gid: u32) -> Sys<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::syscall(ids::SYS_setresgid, gid, gid, gid) }).map(drop)
}

pub(crate) fn set_uid(uid: u32) -> Sys<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::syscall(ids::SYS_setresuid, uid, uid, uid) }).map(drop)
}

pub(crate) fn prctl(option: c_int, a: usize, b: usize) -> Sys<()> {
    // SAFETY: only options whose arguments are numbers, or a string for PR_SET_NAME, are used.
    check(unsafe { libc::prctl(option, a, b, 0, 0) }).map(drop)
}

/// Empties the effective, permitted and inheritable sets (capset(2), version 3 of its header).
pub(crate) fn clear_capabilities() -> Sys<()> {
    const VERSION_3: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION_3, 0];
    let data = [0u32; 6];
    // SAFETY: version 3 reads a header of two words and data of two times three words.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) }).map(drop)
}

/// Installs a seccomp program for this process.
pub(crate) fn seccomp(program: &[libc::sock_filter]) -> Sys<()> {
    let filter =
        libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    // SAFETY: the kernel copies `len` instructions from a slice of that length.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const filter)
    };
    check(result).map(drop)
}

pub(crate) fn mount(
    source: &CStr,
    target: &CStr,
    kind: &CStr,
    flags: c_ulong,
    data: &CStr,
) -> Sys<()> {
    // SAFETY: all strings end with a zero byte and live through the call.
    let result = unsafe {
        libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data.as_ptr().cast())
    };
    check(result).map(drop)
}

/// All signals, as the kernel's own set: the C library keeps two of them from itself.
const ALL: u64 = u64::MAX;

/// Sets this thread's blocked signals and tells the ones before.
pub(crate) fn set_mask(mask: u64) -> Sys<u64> {
    let mut before = 0u64;
    // SAFETY: the kernel's set is eight bytes on every CPU that this is built for.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const mask,
            &raw mut before,
            size_of::<u64>(),
        )
    };
    check(result)?;
    Ok(before)
}

/// No signal reaches this thread while it is held, nor a child before it sets its own mask: a
/// handler of the caller must not run in there.
pub(crate) struct Quiet(u64);

impl Quiet {
    pub(crate) fn new() -> Self {
        Self(set_mask(ALL).unwrap_or(0))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = set_mask(self.0);
    }
}

pub(crate) fn set_signal(signal: c_int, handler: libc::sighandler_t) -> Sys<()> {
    // SAFETY: the handler is SIG_DFL or SIG_IGN; zero is valid for the rest.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        check(libc::sigaction(signal, &raw const action, null_mut())).map(drop)
    }
}

/// Does this process ignore `signal`?
pub(crate) fn is_ignored(signal: c_int) -> bool {
    // SAFETY: only asks; the kernel fills the action.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, null(), &raw mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}

/// Sleeps while `*word == value`, and may wake early.
pub(crate) fn futex_wait(word: &std::sync::atomic::AtomicU32, value: u32) {
    // SAFETY: the word outlives the call; no timeout. Not private: the kernel's own wake at a
    // child's end (CLONE_CHILD_CLEARTID) is not either.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            value,
            null::<libc::timespec>(),
        )
    };
}

/// Wakes all that sleep on `word`.
pub(crate) fn futex_wake(word: &std::sync::atomic::AtomicU32) {
    // SAFETY: the word outlives the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, c_int::MAX) };
}

/// A fresh private mapping, for stacks. Never unmapped: its process ends soon.
pub(crate) fn map(bytes: usize, flags: c_int) -> Sys<*mut u8> {
    // SAFETY: a new anonymous mapping touches nothing that exists.
    let address = unsafe {
        libc::mmap(
            null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_ANONYMOUS | flags,
            -1,
            0,
        )
    };
    if address == libc::MAP_FAILED { Err(Errno(errno())) } else { Ok(address.cast()) }
}

/// A descriptor as the number that calls take.
pub(crate) fn raw(fd: &impl AsRawFd) -> RawFd {
    fd.as_raw_fd()
}

//! The process that outlives the caller, to kill what the caller leaves behind.
//!
//! It holds a pidfd of every PID 1 and the end of a socket. When the socket's other end is gone,
//! so is the caller: the keeper kills all that it holds, and ends. It is a copy of the caller, not
//! a thread and not sharing its memory, so that nothing that ends the caller ends it too.

use crate::clock;
use crate::error::{Error, Result};
use crate::fd;
use crate::process::Fresh;
use crate::start::clone;
use crate::supported::why;
use crate::sys::{self, Errno, Sys, check, retry};
use std::ffi::{c_int, c_void};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// How many PID 1s it can hold. Untouched pages of its table cost nothing.
const LIMIT: usize = 16 * 1024;
/// It gives killed processes this long to be gone, so that its own end means that all is over.
const PATIENCE: u64 = 10_000_000_000;
const HELD: u8 = b'+';
const FULL: u8 = b'-';

/// The caller's half. Dropping it ends the keeper.
pub(crate) struct Keeper {
    socket: Option<OwnedFd>,
    process: Fresh,
}

impl Keeper {
    pub(crate) fn start() -> Result<Self> {
        let (ours, its) =
            socket_pair().map_err(|Errno(errno)| Error::refused("socketpair", errno))?;
        let its = fd::raised(&its)?;
        let flags = libc::CLONE_PIDFD as u64;
        let (_, fresh) = clone(flags, || main(sys::raw(&its))).map_err(|Errno(errno)| {
            Error::refused("clone3(CLONE_PIDFD)", errno).because(why::clone(errno, false))
        })?;
        Ok(Self { socket: Some(ours), process: fresh })
    }

    /// From now on the process behind `pidfd` dies with this process.
    pub(crate) fn hold(&self, pidfd: &OwnedFd) -> Result<()> {
        let fail = |Errno(errno)| Error::refused("sendmsg(SCM_RIGHTS) to the keeper", errno);
        let Some(socket) = &self.socket else { return Err(fail(Errno(libc::EPIPE))) };
        send(sys::raw(socket), sys::raw(pidfd)).map_err(fail)?;
        let mut answer = [0];
        match sys::read(sys::raw(socket), &mut answer) {
            Ok(1) if answer[0] == HELD => Ok(()),
            Ok(1) => Err(fail(Errno(libc::EMFILE))),
            _ => Err(fail(Errno(libc::EPIPE))),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.socket = None;
        if let Ok(pidfd) = self.process.pidfd() {
            let _ = sys::reap(sys::raw(pidfd));
        }
    }
}

/// Packets, so that one byte and its descriptor stay together.
fn socket_pair() -> Sys<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: the kernel writes two descriptors, which are ours from then on.
    unsafe {
        check(libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()))?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

/// Room for a control message with one descriptor, aligned as its header wants it.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// A message of one byte and room for one descriptor, both on the caller's stack.
fn message(vector: &mut libc::iovec, control: &mut Control) -> libc::msghdr {
    // SAFETY: zero is valid for every field; the pointers live as long as their owners.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = vector;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    // SAFETY: arithmetic on a constant.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<c_int>() as u32) } as _;
    message
}

fn send(socket: RawFd, fd: RawFd) -> Sys<()> {
    let mut byte = HELD;
    let mut vector = libc::iovec { iov_base: (&raw mut byte).cast::<c_void>(), iov_len: 1 };
    let mut control = Control([0; 64]);
    let message = message(&mut vector, &mut control);
    // SAFETY: the control buffer has room for the one header and descriptor that are written.
    unsafe {
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<c_int>() as u32) as _;
        libc::CMSG_DATA(header).cast::<c_int>().write_unaligned(fd);
        retry(|| check(libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL) as i64))?;
    }
    Ok(())
}

/// The next message: None when the caller is gone, else the descriptor if it could be taken.
fn receive(socket: RawFd) -> Option<Option<RawFd>> {
    let mut byte = 0u8;
    let mut vector = libc::iovec { iov_base: (&raw mut byte).cast::<c_void>(), iov_len: 1 };
    let mut control = Control([0; 64]);
    let mut message = message(&mut vector, &mut control);
    let flags = libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the kernel fills the buffers that the message names, within their lengths.
    unsafe {
        let count = retry(|| check(libc::recvmsg(socket, &raw mut message, flags) as i64));
        if !matches!(count, Ok(1)) {
            return None;
        }
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        if header.is_null() || (*header).cmsg_type != libc::SCM_RIGHTS {
            return Some(None);
        }
        Some(Some(libc::CMSG_DATA(header).cast::<c_int>().read_unaligned()))
    }
}

/// The child's half. Rules of `child`: no allocation, no lock, no panic. Signals stay blocked.
fn main(socket: RawFd) -> ! {
    const SOCKET: RawFd = 0;
    let placed = sys::dup3(socket, SOCKET, libc::O_CLOEXEC)
        .and_then(|()| sys::close_from(1))
        .and_then(|()| sys::setsid());
    let bytes = LIMIT * size_of::<libc::pollfd>();
    let Ok(table) = sys::map(bytes, libc::MAP_PRIVATE | libc::MAP_NORESERVE) else { sys::exit(1) };
    if placed.is_err() || crate::root::change_folder(c"/").is_err() {
        sys::exit(1);
    }
    let _ = sys::prctl(libc::PR_SET_NAME, c"hiatus-keeper".as_ptr() as usize, 0);
    // SAFETY: a fresh mapping of that size; zeroes are valid entries.
    let table = unsafe { std::slice::from_raw_parts_mut(table.cast::<libc::pollfd>(), LIMIT) };
    let mut held = Table { entries: table, count: 0 };
    held.push(SOCKET);
    loop {
        if held.poll(-1).is_err() {
            continue;
        }
        held.forget_ended();
        if !held.is_ready(0) {
            continue;
        }
        let Some(fd) = receive(SOCKET) else { break };
        let answer = if fd.is_some_and(|fd| held.push(fd)) { HELD } else { FULL };
        let _ = sys::write(SOCKET, &[answer]);
    }
    held.kill_all();
    sys::exit(0)
}

/// What is polled: the socket first, then pidfds, which become readable when their process ends.
struct Table<'a> {
    entries: &'a mut [libc::pollfd],
    count: usize,
}

impl Table<'_> {
    fn push(&mut self, fd: RawFd) -> bool {
        match self.entries.get_mut(self.count) {
            Some(entry) => {
                *entry = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
                self.count += 1;
                true
            }
            None => false,
        }
    }

    fn poll(&mut self, timeout: c_int) -> Sys<()> {
        // SAFETY: the count never exceeds the entries.
        let polled =
            unsafe { libc::poll(self.entries.as_mut_ptr(), self.count as libc::nfds_t, timeout) };
        check(polled).map(drop)
    }

    fn is_ready(&self, index: usize) -> bool {
        self.entries.get(index).is_some_and(|entry| entry.revents != 0)
    }

    fn forget_ended(&mut self) {
        let mut index = 1;
        while index < self.count {
            if !self.is_ready(index) {
                index += 1;
                continue;
            }
            self.count -= 1;
            let last = self.entries.get(self.count).copied();
            if let (Some(entry), Some(last)) = (self.entries.get_mut(index), last) {
                // SAFETY: a pidfd that was received, and that is nowhere else.
                unsafe { libc::close(entry.fd) };
                *entry = last;
            }
        }
    }

    fn kill_all(&mut self) {
        for entry in self.entries.iter().take(self.count).skip(1) {
            let _ = sys::pidfd_signal(entry.fd, libc::SIGKILL);
        }
        // The socket reports its end for ever: leave it out. poll skips negative descriptors.
        if let Some(socket) = self.entries.first_mut() {
            *socket = libc::pollfd { fd: -1, events: 0, revents: 0 };
        }
        let end = clock::now() + PATIENCE;
        while self.count > 1 && clock::now() < end {
            let _ = self.poll(100);
            self.forget_ended();
        }
    }
}

//! Descriptors of the caller's half: pipes, and the files that a child takes along.

use crate::error::{Error, Result};
use crate::supported::why;
use crate::sys::{self, Errno, check};
use std::fs::{File, OpenOptions};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::path::Path;

/// A child places its descriptors from 0 on; in the caller they are all above, so that placing one
/// never overwrites another. Also the largest number of descriptors that a child can take.
pub(crate) const BASE: usize = 64;

/// The same file once more, under a number of at least [`BASE`].
pub(crate) fn raised(fd: &OwnedFd) -> Result<OwnedFd> {
    // SAFETY: numbers only; the result is a fresh descriptor that we own.
    unsafe {
        let copy = check(libc::fcntl(sys::raw(fd), libc::F_DUPFD_CLOEXEC, BASE as i32)).map_err(
            |Errno(errno)| {
                Error::refused("fcntl(F_DUPFD_CLOEXEC)", errno).because(why::files(errno))
            },
        )?;
        Ok(OwnedFd::from_raw_fd(copy as RawFd))
    }
}

/// A pipe: the end to read, the end to write.
pub(crate) struct Pipe {
    pub(crate) read: OwnedFd,
    pub(crate) write: OwnedFd,
}

impl Pipe {
    /// `flags`: `O_NONBLOCK` for both ends, or 0.
    pub(crate) fn new(flags: i32) -> Result<Self> {
        let mut ends = [-1; 2];
        // SAFETY: the kernel writes two descriptors, which are ours from then on.
        let [read, write] = unsafe {
            check(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | flags)).map_err(
                |Errno(errno)| Error::refused("pipe2", errno).because(why::files(errno)),
            )?;
            ends.map(|fd| OwnedFd::from_raw_fd(fd))
        };
        Ok(Self { read: raised(&read)?, write: raised(&write)? })
    }
}

/// Opens a file to read.
pub(crate) fn open(path: &Path) -> Result<OwnedFd> {
    let file =
        File::open(path).map_err(|error| Error::io(format!("open({})", path.display()), &error))?;
    raised(&file.into())
}

/// /dev/null, to read and to write.
pub(crate) fn null() -> Result<OwnedFd> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")
        .map_err(|error| Error::io("open(/dev/null)", &error))?;
    raised(&file.into())
}

/// Makes reads of `fd` return at once. The other end of a pipe is not changed by it.
pub(crate) fn set_nonblocking(fd: &OwnedFd) -> Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::fcntl(sys::raw(fd), libc::F_SETFL, libc::O_NONBLOCK) })
        .map(drop)
        .map_err(|errno| Error::refused("fcntl(O_NONBLOCK)", errno.0))
}

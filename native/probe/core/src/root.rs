//! The child's half of the private root: a tmpfs with copies of the files, and nothing else.
//!
//! Copies, not bind mounts: a user namespace may not reach a file that only root can reach, and
//! its mount namespace may not bind what another one holds. The old root is gone afterwards.

use crate::child::{At, Failure, Stage};
use crate::plan::{RootChange, RootPlan};
use crate::sys::{self, Sys, check, retry};
use std::ffi::{CStr, c_ulong};
use std::os::fd::RawFd;

const HARMLESS: c_ulong = libc::MS_NOSUID | libc::MS_NODEV;

pub(crate) fn change(root: &RootChange) -> Result<(), Failure> {
    match root {
        RootChange::None => Ok(()),
        RootChange::Host => keep_mounts_here(),
        RootChange::Private(plan) => {
            keep_mounts_here()?;
            fill(plan)?;
            swap(plan)
        }
    }
}

/// Mounts of this namespace do not travel back to the host's.
fn keep_mounts_here() -> Result<(), Failure> {
    sys::mount(c"", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"").at(Stage::Propagation)
}

fn fill(plan: &RootPlan) -> Result<(), Failure> {
    // Any folder that exists will do: the old root is unmounted with it. /proc is always there.
    sys::mount(c"hiatus", c"/proc", c"tmpfs", HARMLESS, c"mode=0755").at(Stage::Tmpfs)?;
    change_folder(c"/proc").at(Stage::Tmpfs)?;
    for folder in &plan.folders {
        // SAFETY: a string with a zero byte at its end.
        check(unsafe { libc::mkdir(folder.as_ptr(), 0o755) }).map(drop).at(Stage::Files)?;
    }
    for (path, source) in &plan.files {
        copy(*source, path).at(Stage::Files)?;
    }
    if plan.proc {
        sys::mount(c"proc", c"proc", c"proc", HARMLESS | libc::MS_NOEXEC, c"").at(Stage::Proc)?;
    }
    Ok(())
}

/// pivot_root(2), "pivot_root(".", ".")": the old root ends up on top, and is taken off.
fn swap(plan: &RootPlan) -> Result<(), Failure> {
    // SAFETY: strings with a zero byte at their end.
    let pivoted = unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) };
    check(pivoted).at(Stage::Pivot)?;
    // SAFETY: alike.
    check(unsafe { libc::umount2(c".".as_ptr(), libc::MNT_DETACH) }).at(Stage::Pivot)?;
    change_folder(c"/").at(Stage::Pivot)?;
    if plan.read_only {
        let flags = HARMLESS | libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY;
        sys::mount(c"", c"/", c"", flags, c"").at(Stage::ReadOnly)?;
    }
    Ok(())
}

pub(crate) fn change_folder(path: &CStr) -> Sys<()> {
    // SAFETY: a string with a zero byte at its end.
    check(unsafe { libc::chdir(path.as_ptr()) }).map(drop)
}

fn copy(source: RawFd, path: &CStr) -> Sys<()> {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
    // SAFETY: a string with a zero byte at its end; the descriptor is closed below, before exec,
    // which refuses a file that someone can write.
    let target = check(unsafe { libc::open(path.as_ptr(), flags, 0o755) })? as RawFd;
    let mut offset: libc::off_t = 0;
    let copied = loop {
        let count = retry(|| {
            // SAFETY: the offset is ours, and so are the two descriptors.
            let count = unsafe { libc::sendfile(target, source, &raw mut offset, 1 << 30) };
            check(count as i64)
        });
        match count {
            Ok(0) => break Ok(()),
            Ok(_) => {}
            Err(errno) => break Err(errno),
        }
    };
    // SAFETY: opened above.
    let closed = unsafe { libc::close(target) };
    copied.and(check(closed).map(drop))
}

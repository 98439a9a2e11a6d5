//! Why something was not done: which call, which error, and what that most likely means here.

use std::fmt;

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The kernel, the host or its limits refuse.
    Refused,
    /// The tried program cannot be executed: another CPU's, not static, not executable.
    Program,
    /// The caller asked for something that makes no sense.
    Argument,
    /// The process has ended already.
    Ended,
}

/// One clear reason.
#[derive(Clone, Debug)]
pub struct Error {
    /// Whose fault it is.
    pub kind: Kind,
    /// The call that failed, in the words of its manual page: `mount(proc)`.
    pub call: String,
    /// The kernel's error number; 0 where the kernel was not asked.
    pub errno: i32,
    /// What that most likely means on this host; empty where there is nothing to add.
    pub why: String,
}

/// A result that fails with one clear reason.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The kernel refused `call`.
    pub(crate) fn refused(call: impl Into<String>, errno: i32) -> Self {
        Self { kind: Kind::Refused, call: call.into(), errno, why: String::new() }
    }

    /// The caller's mistake.
    pub(crate) fn argument(call: impl Into<String>, why: impl Into<String>) -> Self {
        Self { kind: Kind::Argument, call: call.into(), errno: 0, why: why.into() }
    }

    /// The process is no more.
    pub(crate) fn ended(call: impl Into<String>) -> Self {
        Self { kind: Kind::Ended, call: call.into(), errno: 0, why: "the process has ended".into() }
    }

    /// From the last error of the standard library.
    pub(crate) fn io(call: impl Into<String>, error: &std::io::Error) -> Self {
        match error.raw_os_error() {
            Some(errno) => Self::refused(call, errno),
            None => Self { why: error.to_string(), ..Self::refused(call, 0) },
        }
    }

    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Another kind, the same facts.
    pub(crate) fn of(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.call)?;
        if self.errno != 0 {
            write!(out, ": {}", name(self.errno))?;
        }
        match (self.why.as_str(), self.errno) {
            ("", _) => Ok(()),
            (why, 0) => write!(out, ": {why}"),
            (why, _) => write!(out, ", {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// The name that manual pages use, `EPERM`; `errno N` for the rarer ones.
fn name(errno: i32) -> String {
    const NAMES: &[(i32, &str)] = &[
        (libc::EPERM, "EPERM"),
        (libc::ENOENT, "ENOENT"),
        (libc::ESRCH, "ESRCH"),
        (libc::EINTR, "EINTR"),
        (libc::EIO, "EIO"),
        (libc::E2BIG, "E2BIG"),
        (libc::ENOEXEC, "ENOEXEC"),
        (libc::EBADF, "EBADF"),
        (libc::ECHILD, "ECHILD"),
        (libc::EAGAIN, "EAGAIN"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::EACCES, "EACCES"),
        (libc::EFAULT, "EFAULT"),
        (libc::EBUSY, "EBUSY"),
        (libc::EEXIST, "EEXIST"),
        (libc::ENODEV, "ENODEV"),
        (libc::ENOTDIR, "ENOTDIR"),
        (libc::EISDIR, "EISDIR"),
        (libc::EINVAL, "EINVAL"),
        (libc::ENFILE, "ENFILE"),
        (libc::EMFILE, "EMFILE"),
        (libc::ETXTBSY, "ETXTBSY"),
        (libc::ENOSPC, "ENOSPC"),
        (libc::EROFS, "EROFS"),
        (libc::EPIPE, "EPIPE"),
        (libc::ELOOP, "ELOOP"),
        (libc::ENAMETOOLONG, "ENAMETOOLONG"),
        (libc::ENOSYS, "ENOSYS"),
        (libc::EUSERS, "EUSERS"),
        (libc::EOPNOTSUPP, "EOPNOTSUPP"),
        (libc::EOVERFLOW, "EOVERFLOW"),
    ];
    match NAMES.iter().find(|(number, _)| *number == errno) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("errno {errno}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_says_call_number_and_reason() {
        let error = Error::refused("mount(proc)", libc::EPERM).because("it is masked here");
        assert_eq!(error.to_string(), "mount(proc): EPERM, it is masked here");
        assert_eq!(Error::refused("x", 4095).to_string(), "x: errno 4095");
        assert_eq!(Error::argument("uid", "out of range").to_string(), "uid: out of range");
    }
}

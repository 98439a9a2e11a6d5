//! The child's half, between clone and exec. The caller has many threads and the child is a copy
//! of one of them: whoever held a lock in the caller is not here to release it. So nothing in here
//! (nor in `root` and `orphans`) allocates, locks or panics; all is in the [`Launch`].

use crate::error::Kind;
use crate::options::Confinement;
use crate::orphans;
use crate::plan::{Exec, Executable, GATE, Job, Launch, REPORT, TARGET};
use crate::root;
use crate::sys::{self, Errno, Sys};
use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;

macro_rules! stages {
    ($($stage:ident = $call:literal,)*) => {
        /// How far a child came.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub(crate) enum Stage { $($stage,)* }

        impl Stage {
            const ALL: &[(Stage, &str)] = &[$((Stage::$stage, $call),)*];

            /// The call that failed, as a report's number tells it.
            pub(crate) fn find(number: u32) -> Option<(Stage, &'static str)> {
                Self::ALL.get(number as usize).copied()
            }
        }
    };
}

stages! {
    Descriptors = "close_range",
    Session = "setsid",
    Zombies = "clone",
    Propagation = "mount(MS_PRIVATE)",
    Tmpfs = "mount(tmpfs)",
    Files = "copy of a file into the root",
    Proc = "mount(proc)",
    Pivot = "pivot_root",
    ReadOnly = "mount(MS_REMOUNT | MS_RDONLY)",
    Ids = "setresuid, setresgid, setgroups",
    Capabilities = "capset, prctl(PR_CAPBSET_DROP)",
    NoNewPrivs = "prctl(PR_SET_NO_NEW_PRIVS)",
    Seccomp = "seccomp(SECCOMP_SET_MODE_FILTER)",
    Signals = "rt_sigaction, rt_sigprocmask",
    Exec = "execve",
    Setns = "setns",
    Clone = "clone3(CLONE_PARENT)",
    Signal = "kill",
}

impl Stage {
    pub(crate) fn kind(self) -> Kind {
        if self == Stage::Exec { Kind::Program } else { Kind::Refused }
    }
}

/// What the child reports: eight bytes, so that one write is one report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    stage: Stage,
    errno: c_int,
}

impl Failure {
    pub(crate) const SIZE: usize = 8;

    fn bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let (stage, errno) = bytes.split_at_mut(4);
        stage.copy_from_slice(&(self.stage as u32).to_ne_bytes());
        errno.copy_from_slice(&self.errno.to_ne_bytes());
        bytes
    }
}

pub(crate) trait At<T> {
    fn at(self, stage: Stage) -> Result<T, Failure>;
}

impl<T> At<T> for Sys<T> {
    fn at(self, stage: Stage) -> Result<T, Failure> {
        self.map_err(|Errno(errno)| Failure { stage, errno })
    }
}

fn report(to: RawFd, failure: Failure) -> ! {
    let _ = sys::write(to, &failure.bytes());
    sys::exit(127)
}

/// PID 1, right after clone. `report_to` is where it can report before its descriptors are placed.
pub(crate) fn init(launch: &Launch, descriptors: &[RawFd], report_to: RawFd) -> ! {
    if let Err(failure) = place(descriptors) {
        report(report_to, failure);
    }
    // The keeper holds us now, our ids are mapped, or else the caller is gone.
    if sys::read(GATE, &mut [0]) != Ok(1) {
        sys::exit(127);
    }
    run(launch)
}

/// The helper that enters the namespaces of `TARGET` and leaves a child of the caller in them: a
/// PID namespace takes only children.
pub(crate) fn helper(
    launch: &Launch,
    descriptors: &[RawFd],
    report_to: RawFd,
    namespaces: c_int,
) -> ! {
    if let Err(failure) = place(descriptors) {
        report(report_to, failure);
    }
    if let Err(failure) = sys::setns(TARGET, namespaces).at(Stage::Setns) {
        report(REPORT, failure);
    }
    match sys::clone3(libc::CLONE_PARENT as u64, &mut -1).at(Stage::Clone) {
        Err(failure) => report(REPORT, failure),
        Ok(0) => run(launch),
        Ok(pid) => {
            let _ = sys::write(GATE, &pid.to_ne_bytes());
            sys::exit(0)
        }
    }
}

/// Brings the descriptors to 0, 1, 2, ... and closes all others. All but the first three close at
/// exec, and that is how the caller sees it.
fn place(descriptors: &[RawFd]) -> Result<(), Failure> {
    for (number, from) in descriptors.iter().enumerate() {
        let flags = if number < 3 { 0 } else { libc::O_CLOEXEC };
        sys::dup3(*from, number as RawFd, flags).at(Stage::Descriptors)?;
    }
    sys::close_from(descriptors.len()).at(Stage::Descriptors)
}

fn run(launch: &Launch) -> ! {
    match prepare(launch).and_then(|()| work(launch)) {
        Ok(()) => sys::exit(0),
        Err(failure) => report(REPORT, failure),
    }
}

fn prepare(launch: &Launch) -> Result<(), Failure> {
    // A session of its own, as a runtime gives: the terminal's Ctrl-C is for the caller.
    sys::setsid().at(Stage::Session)?;
    // SAFETY: numbers, and one structure that lives through the call. A crash leaves no file.
    unsafe {
        libc::umask(0o022);
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
    }
    if launch.become_root {
        sys::set_gid(0).at(Stage::Ids)?;
        sys::clear_groups().at(Stage::Ids)?;
        sys::set_uid(0).at(Stage::Ids)?;
    }
    root::change(&launch.root)?;
    zombies(launch.zombies, &launch.zombie_signals).at(Stage::Zombies)
}

fn work(launch: &Launch) -> Result<(), Failure> {
    set_signals(&launch.confinement)?;
    match &launch.job {
        Job::Orphans(job) => {
            // The caller sees the end of the pipe, as if it were exec's.
            sys::close_from(REPORT as usize).at(Stage::Descriptors)?;
            orphans::run(job).at(Stage::Clone)
        }
        // The end of the pipe, which the caller takes for exec's, is this process's own.
        Job::Signal(number) => sys::kill(1, *number).at(Stage::Signal),
        Job::Wait => {
            confine(launch)?;
            sys::close_from(REPORT as usize).at(Stage::Descriptors)?;
            loop {
                sys::sleep();
            }
        }
        Job::Exec(exec) => {
            confine(launch)?;
            execute(exec).at(Stage::Exec)
        }
    }
}

fn confine(launch: &Launch) -> Result<(), Failure> {
    let to = &launch.confinement;
    let seccomp = || to.seccomp.as_deref().map_or(Ok(()), |it| sys::seccomp(it).at(Stage::Seccomp));
    if !to.no_new_privs {
        seccomp()?;
    }
    if let Some(gid) = to.gid {
        sys::set_gid(gid).at(Stage::Ids)?;
    }
    if launch.set_groups && (to.uid.is_some() || to.gid.is_some()) {
        sys::clear_groups().at(Stage::Ids)?;
    }
    if to.drop_capabilities {
        drop_bounding().at(Stage::Capabilities)?;
    }
    if let Some(uid) = to.uid {
        sys::set_uid(uid).at(Stage::Ids)?;
    }
    if to.drop_capabilities {
        let ambient = libc::PR_CAP_AMBIENT_CLEAR_ALL as usize;
        sys::prctl(libc::PR_CAP_AMBIENT, ambient, 0).at(Stage::Capabilities)?;
        sys::clear_capabilities().at(Stage::Capabilities)?;
    }
    if to.no_new_privs {
        sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0).at(Stage::NoNewPrivs)?;
        seccomp()?;
    }
    Ok(())
}

/// EINVAL is the end of the capabilities that this kernel knows.
fn drop_bounding() -> Sys<()> {
    for capability in 0..64 {
        match sys::prctl(libc::PR_CAPBSET_DROP, capability, 0) {
            Err(Errno(libc::EINVAL)) => break,
            other => other?,
        }
    }
    Ok(())
}

/// Exec resets handlers but keeps what is ignored, and a JavaScript runtime ignores SIGPIPE.
fn set_signals(to: &Confinement) -> Result<(), Failure> {
    for signal in 1..=64 {
        // The C library refuses its own two, and the kernel SIGKILL and SIGSTOP.
        let _ = sys::set_signal(signal, libc::SIG_DFL);
    }
    for signal in &to.ignored {
        sys::set_signal(*signal, libc::SIG_IGN).at(Stage::Signals)?;
    }
    let mask = to.blocked.iter().fold(0u64, |mask, signal| mask | 1 << ((signal - 1) & 63));
    sys::set_mask(mask).map(drop).at(Stage::Signals)
}

extern "C" fn end_at_once(_: *mut c_void) -> c_int {
    0
}

/// Children that end at once and that nobody waits for.
fn zombies(count: u32, signals: &[i32]) -> Sys<()> {
    const STACK: usize = 64 * 1024;
    if count == 0 {
        return Ok(());
    }
    let stack = sys::map(STACK, libc::MAP_PRIVATE)?;
    let mut turn = signals.iter().cycle();
    for _ in 0..count {
        let signal = turn.next().copied().unwrap_or(libc::SIGCHLD);
        // SAFETY: CLONE_VFORK: this process sleeps until the child has left its memory, so that the
        // stack is free again for the next one.
        let child = unsafe {
            let top = stack.add(STACK).cast();
            let flags = libc::CLONE_VFORK | signal;
            sys::shared_clone(end_at_once, top, flags, std::ptr::null_mut(), std::ptr::null_mut())?
        };
        // It is a zombie only a moment later.
        sys::wait(libc::P_PID, child as u32, libc::WNOWAIT)?;
    }
    Ok(())
}

/// Returns only with an error.
fn execute(exec: &Exec) -> Sys<()> {
    // SAFETY: strings and arrays were made before the clone and end with a zero.
    unsafe {
        if let Some(kept) = exec.kept {
            sys::check(libc::fcntl(kept, libc::F_SETFD, 0))?;
        }
        let (argv, env) = (exec.argv.as_ptr(), exec.env.as_ptr());
        let result = match &exec.executable {
            Executable::Path(path) => libc::execve(path.as_ptr(), argv, env).into(),
            Executable::Descriptor(fd) => {
                let flags = libc::AT_EMPTY_PATH;
                libc::syscall(libc::SYS_execveat, *fd, c"".as_ptr(), argv, env, flags)
            }
        };
        sys::check(result).map(drop)
    }
}

//! What the kernel refuses here, and why.

use crate::error::{Error, Result};
use crate::facts;
use crate::options::{Confinement, Orphan, Root, Start, Storm};
use crate::process::Process;
use crate::start::rehearse;
use crate::storm::storm;

/// One ability that is missing, with one clear reason.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Which ability: `start`, `user namespace`, `proc`, `confinement`, `seccomp`, `enter`,
    /// `trace`, `memory`.
    pub ability: &'static str,
    /// The call, the error, and what that means.
    pub reason: String,
}

/// Tries every ability once, with nothing to run, and lists those that the kernel refuses. When
/// the first one, `start`, is refused, so are all others, and it is the only one listed.
#[must_use]
pub fn supported() -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut note = |ability, error: Error| {
        refusals.push(Refusal { ability, reason: error.to_string() });
    };
    // The name stands for nothing: a rehearsal copies no file and executes none.
    let bare =
        Start { root: Root::Private { read_only: true, proc: false }, ..Start::new("/dev/null") };
    let waiting = match rehearse(&bare) {
        Ok(process) => process,
        Err(error) => {
            note("start", error);
            return refusals;
        }
    };
    for (ability, attempt) in
        [("enter", enter as fn(&Process) -> Result<()>), ("trace", trace), ("memory", memory)]
    {
        if let Err(error) = attempt(&waiting) {
            note(ability, error);
        }
    }
    drop(waiting);

    let in_user_namespace = Start { user_namespace: Some(true), ..bare.clone() };
    let with_proc = Start { root: Root::Private { read_only: true, proc: true }, ..bare.clone() };
    let confined = Confinement {
        uid: Some(65_535),
        gid: Some(65_535),
        drop_capabilities: true,
        no_new_privs: true,
        ..Confinement::default()
    };
    let filtered = Confinement { seccomp: Some(vec![ALLOW_ALL]), ..confined.clone() };
    for (ability, options) in [
        ("user namespace", in_user_namespace),
        ("proc", with_proc),
        ("confinement", Start { confinement: confined, ..bare.clone() }),
        ("seccomp", Start { confinement: filtered, ..bare.clone() }),
    ] {
        if let Err(error) = rehearse(&options).and_then(|process| process.close()) {
            note(ability, error);
        }
    }
    refusals
}

const ALLOW_ALL: libc::sock_filter = libc::sock_filter {
    code: (libc::BPF_RET | libc::BPF_K) as u16,
    jt: 0,
    jf: 0,
    k: libc::SECCOMP_RET_ALLOW,
};

fn enter(target: &Process) -> Result<()> {
    let report = storm(target, &Storm { settle: 0, ..Storm::new(1) })?;
    match report.errno {
        0 => Ok(()),
        errno => Err(Error::refused("clone", errno)),
    }
}

fn trace(target: &Process) -> Result<()> {
    let options = Storm { settle: 0, orphan: Orphan::TracedWaited, ..Storm::new(1) };
    match storm(target, &options)?.errno {
        0 => Ok(()),
        errno => Err(Error::refused("ptrace(PTRACE_SEIZE)", errno)
            .because("this process may not trace others (sysctl kernel.yama.ptrace_scope)")),
    }
}

fn memory(target: &Process) -> Result<()> {
    target.alive(facts::memory).map(drop)
}

/// What an error most likely means on this host.
pub(crate) mod why {
    use crate::child::Stage;
    use std::fs;

    fn sysctl(name: &str) -> Option<String> {
        Some(fs::read_to_string(format!("/proc/sys/{name}")).ok()?.trim().to_owned())
    }

    fn is_filtered() -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        crate::facts::field(&status, "Seccomp") == "2"
    }

    /// The host's switches for user namespaces of people who are not root.
    fn unprivileged() -> Option<String> {
        for (name, off) in [
            ("kernel/apparmor_restrict_unprivileged_userns", "1"),
            ("kernel/unprivileged_userns_clone", "0"),
            ("user/max_user_namespaces", "0"),
        ] {
            if sysctl(name).as_deref() == Some(off) {
                let name = name.replace('/', ".");
                let text = "the host forbids unprivileged user namespaces";
                return Some(format!("{text} (sysctl {name} is {off})"));
            }
        }
        None
    }

    pub(crate) fn clone(errno: i32, user: bool) -> String {
        let filter = || {
            let text = "a seccomp filter around this process forbids it";
            is_filtered().then(|| text.to_owned())
        };
        match errno {
            libc::ENOSYS => filter().unwrap_or_else(|| "it needs Linux 5.9 or newer".into()),
            libc::EPERM if user => unprivileged()
                .or_else(filter)
                .unwrap_or_else(|| "the host forbids user namespaces to this user".into()),
            libc::EPERM => filter()
                .unwrap_or_else(|| "it needs CAP_SYS_ADMIN: ask for a user namespace".into()),
            libc::ENOSPC => unprivileged().filter(|_| user).unwrap_or_else(|| {
                "a limit of namespaces is reached (sysctl user.max_*_namespaces)".into()
            }),
            libc::EINVAL => "this kernel was built without one of these namespaces".into(),
            libc::EAGAIN => "a limit of processes is reached (RLIMIT_NPROC or pids.max)".into(),
            _ => String::new(),
        }
    }

    pub(crate) fn stage(stage: Stage, errno: i32, user: bool) -> String {
        let denied = errno == libc::EPERM || errno == libc::EACCES;
        match stage {
            Stage::Propagation | Stage::Tmpfs if denied && user => unprivileged()
                .unwrap_or_else(|| "a security module forbids mounts in user namespaces".into()),
            Stage::Propagation | Stage::Tmpfs | Stage::Pivot if denied => {
                "mounts need CAP_SYS_ADMIN and no security module against it".into()
            }
            Stage::Proc if denied => {
                "the /proc around this process is masked, as in containers".into()
            }
            Stage::Ids if errno == libc::EINVAL => "the user namespace does not map this id".into(),
            Stage::Exec => exec(errno).into(),
            Stage::Setns | Stage::Clone if matches!(errno, libc::ESRCH | libc::ENOMEM) => {
                "PID 1 of these namespaces is gone".into()
            }
            _ => String::new(),
        }
    }

    pub(crate) fn files(errno: i32) -> &'static str {
        match errno {
            libc::EMFILE | libc::EINVAL => "the limit of open files is reached (RLIMIT_NOFILE)",
            libc::ENFILE => "the host's limit of open files is reached (sysctl fs.file-max)",
            _ => "",
        }
    }

    fn exec(errno: i32) -> &'static str {
        match errno {
            libc::ENOEXEC => "it is not a program of this CPU",
            libc::ENOENT => "it is not there, or it wants a loader that is not: it must be static",
            libc::EACCES => "it is not an executable file, or its mount forbids execution",
            libc::EINVAL => "its ELF headers make no sense to the kernel",
            _ => "",
        }
    }
}

//! Seccomp programs: Documentation/userspace-api/seccomp_filter.rst.

use crate::error::{Error, Result};
use libc::sock_filter;

/// The calls that one CPU's programs may make.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// `AUDIT_ARCH_*`, from linux/audit.h.
    pub arch: u32,
    /// Numbers of calls.
    pub calls: Vec<u32>,
}

/// Offsets in `struct seccomp_data`.
const CALL: u32 = 0;
const ARCH: u32 = 4;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JA) as u16;
const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// A program that allows these calls, answers `errno` to all others, and kills programs of CPUs
/// that are not listed.
#[must_use]
pub fn allow(allowed: &[Allowed], errno: u16) -> Vec<sock_filter> {
    let line = |code, k, jt, jf| sock_filter { code, jt, jf, k };
    let mut program = vec![line(LOAD, ARCH, 0, 0)];
    for Allowed { arch, calls } in allowed {
        // Over the jump that leads to the next CPU.
        program.push(line(EQUAL, *arch, 1, 0));
        program.push(line(JUMP, 2 * calls.len() as u32 + 2, 0, 0));
        program.push(line(LOAD, CALL, 0, 0));
        for call in calls {
            program.push(line(EQUAL, *call, 0, 1));
            program.push(line(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0));
        }
        program.push(line(RETURN, libc::SECCOMP_RET_ERRNO | u32::from(errno), 0, 0));
    }
    program.push(line(RETURN, libc::SECCOMP_RET_KILL_PROCESS, 0, 0));
    program
}

/// The bytes of `struct sock_filter`s, in the host's byte order.
#[must_use]
pub fn to_bytes(program: &[sock_filter]) -> Vec<u8> {
    let bytes = |line: &sock_filter| {
        let mut bytes = Vec::with_capacity(8);
        bytes.extend_from_slice(&line.code.to_ne_bytes());
        bytes.extend_from_slice(&[line.jt, line.jf]);
        bytes.extend_from_slice(&line.k.to_ne_bytes());
        bytes
    };
    program.iter().flat_map(bytes).collect()
}

/// The reverse of [`to_bytes`].
///
/// # Errors
/// When the length is not that of whole instructions.
pub fn from_bytes(bytes: &[u8]) -> Result<Vec<sock_filter>> {
    let (lines, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(Error::argument("seccomp", "an instruction has 8 bytes"));
    }
    let line = |line: &[u8; 8]| sock_filter {
        code: u16::from_ne_bytes([line[0], line[1]]),
        jt: line[2],
        jf: line[3],
        k: u32::from_ne_bytes([line[4], line[5], line[6], line[7]]),
    };
    Ok(lines.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do, for the instructions that are used here.
    fn run(program: &[sock_filter], arch: u32, call: u32) -> u32 {
        let (mut at, mut value) = (0, 0);
        loop {
            let line = &program[at];
            at += 1;
            match line.code {
                LOAD => value = if line.k == ARCH { arch } else { call },
                EQUAL => at += usize::from(if value == line.k { line.jt } else { line.jf }),
                JUMP => at += line.k as usize,
                _ => return line.k,
            }
        }
    }

    #[test]
    fn allow_lets_listed_calls_pass_and_no_others() {
        let listed = |arch, calls: &[u32]| Allowed { arch, calls: calls.to_vec() };
        let program = allow(&[listed(7, &[1, 300]), listed(9, &[2])], 1);
        let denied = libc::SECCOMP_RET_ERRNO | 1;
        assert_eq!(run(&program, 7, 1), libc::SECCOMP_RET_ALLOW);
        assert_eq!(run(&program, 7, 300), libc::SECCOMP_RET_ALLOW);
        assert_eq!(run(&program, 7, 2), denied);
        assert_eq!(run(&program, 9, 2), libc::SECCOMP_RET_ALLOW);
        assert_eq!(run(&program, 9, 1), denied);
        assert_eq!(run(&program, 8, 1), libc::SECCOMP_RET_KILL_PROCESS);
        let again = from_bytes(&to_bytes(&program)).unwrap();
        assert_eq!(to_bytes(&again), to_bytes(&program));
        assert!(from_bytes(&[0; 7]).is_err());
    }
}

//! Seccomp programs as bytes: Documentation/userspace-api/seccomp_filter.rst.

use crate::error::{Error, Result};
use libc::sock_filter;

/// Reads `struct sock_filter`s in the host's byte order.
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

    #[test]
    fn from_bytes_reads_whole_instructions() {
        let code = 0x15_u16.to_ne_bytes();
        let k = 0xc000_003e_u32.to_ne_bytes();
        let bytes = [&code[..], &[1, 2], &k[..]].concat();
        let program = from_bytes(&bytes.repeat(2)).unwrap();
        assert_eq!(program.len(), 2);
        for line in program {
            assert_eq!((line.code, line.jt, line.jf, line.k), (0x15, 1, 2, 0xc000_003e));
        }
        assert!(from_bytes(&bytes[..7]).is_err());
    }
}

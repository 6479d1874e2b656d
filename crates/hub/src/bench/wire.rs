//! The least of an HTTP/1.1 client: one connection, one request after the other. What it costs counts against every
//! number, so it does nothing that a benchmark does not need.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Answers of the hub are smaller.
const MOST_BYTES: usize = 64 * 1024;

/// A connection that is kept.
pub(super) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// What came back; the body is in the connection's buffer until the next request.
pub(super) struct Answer<'w> {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'w [u8],
}

impl Wire {
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 4096],
            filled: 0,
        })
    }

    /// Send a whole request and read its answer.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        let head = loop {
            self.read_more().await?;
            if let Some(head) = Head::find(self.buffer.get(..self.filled).unwrap_or_default())? {
                break head;
            }
        };
        let end = head.length + head.body;
        while self.filled < end {
            self.read_more().await?;
        }
        Ok(Answer {
            status: head.status,
            body: self.buffer.get(head.length..end).unwrap_or_default(),
        })
    }

    async fn read_more(&mut self) -> io::Result<()> {
        if self.filled == self.buffer.len() {
            if self.filled >= MOST_BYTES {
                return Err(invalid("the answer is too long"));
            }
            self.buffer.resize(self.filled * 2, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = self.stream.read(room).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += read;
        Ok(())
    }
}

/// What stands before the body.
#[derive(PartialEq, Eq, Debug)]
struct Head {
    status: u16,
    /// Its own length.
    length: usize,
    /// The length of the body.
    body: usize,
}

impl Head {
    /// `None` while it has not come entirely.
    fn find(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = bytes.get(..end).and_then(|head| str::from_utf8(head).ok());
        let mut lines = text.unwrap_or_default().split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok())
            .ok_or_else(|| invalid("the answer is not HTTP/1.1"))?;
        let body = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, length)| length.trim().parse().ok())
            .ok_or_else(|| invalid("the answer does not say how long it is"))?;
        Ok(Some(Self {
            status,
            length: end + 4,
            body,
        }))
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_is_read_once_it_is_there() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(Head::find(&answer[..20]).unwrap(), None);
        let head = Head::find(answer).unwrap().unwrap();
        assert_eq!((head.status, head.body), (200, 2));
        assert_eq!(&answer[head.length..], b"{}");
        assert!(Head::find(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A line of strace: the number of a process, and a call or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) process: u32,
    pub(super) part: Part<'a>,
}

/// What a line tells of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// All of it.
    Whole(&'a str),
    /// Its beginning: another process came between.
    Begin(&'a str),
    /// Its end.
    End(&'a str),
}

impl<'a> Line<'a> {
    /// Reads a line; nothing if it is about no call.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (process, rest) = text.split_once(' ')?;
        let process = process.parse().ok()?;
        let rest = rest.trim_start();
        let part = if let Some(resumed) = rest.strip_prefix("<... ") {
            Part::End(resumed.split_once(" resumed>")?.1)
        } else if let Some(begin) = rest.strip_suffix("<unfinished ...>") {
            Part::Begin(begin.trim_end())
        } else if rest.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            Part::Whole(rest)
        } else {
            return None;
        };
        Some(Self { process, part })
    }
}

/// A call of the system that ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    /// What it returned.
    pub(super) number: u32,
    /// Of a file that it opened, where that lies.
    pub(super) opened: Option<PathBuf>,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// A string.
    Text(PathBuf),
    /// The working folder: where it lies.
    Folder(PathBuf),
    /// A file that is open: where it lies.
    Handle(PathBuf),
    /// Anything else, as it is written.
    Word(String),
}

impl Call {
    /// Reads a call; nothing if it failed, or cannot be read.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('(')?;
        let mut scanner = Scanner { rest: rest.as_bytes() };
        let mut arguments = Vec::new();
        loop {
            arguments.push(scanner.argument()?);
            match scanner.next()? {
                b',' => scanner.skip_spaces(),
                b')' => break,
                _ => return None,
            }
        }
        scanner.skip_spaces();
        if scanner.next()? != b'=' {
            return None;
        }
        scanner.skip_spaces();
        let digits = scanner.take_while(|byte| byte.is_ascii_digit());
        let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let opened = scanner.handle();
        Some(Self { name: name.to_owned(), arguments, number, opened })
    }

    /// Returns whether one of its words has a flag.
    pub(super) fn has(&self, flag: &str) -> bool {
        let in_word = |word: &String| {
            word.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                .any(|part| part == flag)
        };
        self.arguments.iter().any(|argument| matches!(argument, Argument::Word(word) if in_word(word)))
    }
}

/// What is left of a line.
struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !is_part(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip_spaces(&mut self) {
        self.take_while(|byte| byte == b' ');
    }

    fn argument(&mut self) -> Option<Argument> {
        if self.rest.first() == Some(&b'"') {
            self.next();
            let text = self.escaped(b'"')?;
            // A string that is not shown to its end is none that names a file.
            if self.rest.starts_with(b"...") {
                self.word()?;
            }
            return Some(Argument::Text(text));
        }
        let before = self.rest;
        let number = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_folder = number == b"AT_FDCWD";
        if (is_folder || number.iter().all(u8::is_ascii_digit))
            && let Some(path) = self.handle()
        {
            return Some(if is_folder { Argument::Folder(path) } else { Argument::Handle(path) });
        }
        self.rest = before;
        self.word().map(Argument::Word)
    }

    /// Reads the place that strace writes after the number of an open file.
    fn handle(&mut self) -> Option<PathBuf> {
        if self.rest.first() != Some(&b'<') {
            return None;
        }
        self.next();
        let path = self.escaped(b'>')?;
        if let Some(rest) = self.rest.strip_prefix(b"(deleted)") {
            self.rest = rest;
        }
        Some(path)
    }

    /// Reads up to the comma or the parenthesis that ends an argument.
    fn word(&mut self) -> Option<String> {
        let mut word = Vec::new();
        let mut depth = 0_usize;
        loop {
            let byte = *self.rest.first()?;
            match byte {
                b',' | b')' if depth == 0 => return String::from_utf8(word).ok(),
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.next();
            if byte == b'"' {
                self.escaped(b'"')?;
            } else {
                word.push(byte);
            }
        }
    }

    /// Reads a text up to `end`, with what strace escapes in it.
    fn escaped(&mut self, end: u8) -> Option<PathBuf> {
        let mut bytes = Vec::new();
        loop {
            let byte = self.next()?;
            if byte == end {
                return Some(PathBuf::from(OsString::from_vec(bytes)));
            }
            if byte != b'\\' {
                bytes.push(byte);
                continue;
            }
            bytes.push(match self.next()? {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'v' => 0x0b,
                b'f' => 0x0c,
                first @ b'0'..=b'7' => {
                    let mut value = u32::from(first - b'0');
                    for _ in 0..2 {
                        let Some(digit) = self.rest.first().filter(|digit| (b'0'..=b'7').contains(*digit))
                        else {
                            break;
                        };
                        value = value * 8 + u32::from(digit - b'0');
                        self.next();
                    }
                    u8::try_from(value).ok()?
                }
                other => other,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call(text: &str) -> Option<Call> {
        match Line::parse(text)?.part {
            Part::Whole(text) => Call::parse(text),
            Part::Begin(_) | Part::End(_) => None,
        }
    }

    #[test]
    fn a_call_tells_its_name_arguments_and_what_it_opened() {
        let line = r#"28585 openat(AT_FDCWD</tmp/st/p>, "../a.txt", O_RDONLY|O_CLOEXEC) = 5</tmp/st/a.txt>"#;
        let call = call(line).unwrap();
        assert_eq!((call.name.as_str(), call.number), ("openat", 5));
        assert_eq!(call.arguments[0], Argument::Folder("/tmp/st/p".into()));
        assert_eq!(call.arguments[1], Argument::Text("../a.txt".into()));
        assert_eq!(call.opened, Some("/tmp/st/a.txt".into()));
        assert!(call.has("O_RDONLY") && call.has("O_CLOEXEC") && !call.has("O_CREAT"));
    }

    #[test]
    fn names_are_unescaped() {
        let line =
            r#"7 openat(AT_FDCWD</p>, "we>ird<\"\303\251.txt", O_RDONLY) = 3</p/we\76ird\74\"\303\251.txt>"#;
        let found = call(line).unwrap();
        assert_eq!(found.arguments[1], Argument::Text("we>ird<\"é.txt".into()));
        assert_eq!(found.opened, Some("/p/we>ird<\"é.txt".into()));
        let found = call(r#"7 unlink("a\n\\b\0012")  = 0"#).unwrap();
        assert_eq!(found.arguments, [Argument::Text("a\n\\b\u{1}2".into())]);
    }

    #[test]
    fn a_program_has_its_words_left_out() {
        let line = r#"28587 execve("/usr/bin/sh", ["sh", "-c", "cat ../a.txt; mkdir d) = 0"...], 0x7ffc /* 35 vars */) = 0"#;
        let call = call(line).unwrap();
        assert_eq!(call.arguments.len(), 3);
        assert_eq!(call.arguments[0], Argument::Text("/usr/bin/sh".into()));
    }

    #[test]
    fn a_file_that_was_removed_and_flags_in_braces_are_read() {
        let line = r#"7 openat(4</p/sub>(deleted), "x", O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 4</p/sub/x>(deleted)"#;
        let found = call(line).unwrap();
        assert_eq!(found.arguments[0], Argument::Handle("/p/sub".into()));
        assert_eq!(found.opened, Some("/p/sub/x".into()));
        let line =
            r#"7 openat2(3</p>, "x", {flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_BENEATH}, 24) = 4</p/x>"#;
        let found = call(line).unwrap();
        assert!(found.has("O_RDONLY") && !found.has("O_RDWR"));
    }

    #[test]
    fn what_failed_and_what_is_no_call_is_nothing() {
        for line in [
            r#"7 openat(AT_FDCWD</p>, "none", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)"#,
            "7 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5000} ---",
            "7 +++ exited with 0 +++",
            "7 exit_group(0)                     = ?",
            r#"7 openat(AT_FDCWD</p>, "cut o"#,
            "",
        ] {
            assert_eq!(call(line), None, "{line}");
        }
    }

    #[test]
    fn a_call_that_another_process_interrupts_comes_in_two_parts() {
        let begin = r#"4992  execve("/usr/bin/cat", ["cat"], 0x5633 /* 35 vars */ <unfinished ...>"#;
        let begin = Line::parse(begin).unwrap();
        let end = Line::parse("4992  <... execve resumed>)             = 0").unwrap();
        let (Part::Begin(begin), Part::End(end)) = (begin.part, end.part) else { panic!("two parts") };
        assert_eq!(Call::parse(&format!("{begin}{end}")).unwrap().name, "execve");
        assert_eq!(Line::parse("4991  vfork( <unfinished ...>").unwrap().part, Part::Begin("vfork("));
    }

    proptest! {
        #[test]
        fn nothing_that_is_read_makes_it_panic(
            text in r#"[0-9]{0,3} ?[a-z<.]{0,9}[(<]?([ "\\<>,(){}=0-9a-zA-Z_|-]|\PC){0,60}"#,
        ) {
            let _read = Line::parse(&text);
            let _read = Call::parse(&text);
        }

        #[test]
        fn every_name_comes_back(name in proptest::collection::vec(any::<u8>(), 0..40)) {
            let escaped: String = name.iter().map(|byte| format!("\\{byte:03o}")).collect();
            let call = Call::parse(&format!("unlink(\"{escaped}\") = 0")).unwrap();
            prop_assert_eq!(&call.arguments, &[Argument::Text(OsString::from_vec(name).into())]);
        }
    }
}

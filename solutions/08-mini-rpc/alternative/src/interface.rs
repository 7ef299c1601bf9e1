//! The interface: one table of texts. Both stubs, `list` and what rpcc prints are read from it.

use std::sync::LazyLock;

use crate::wire::{Type, Value, bytes_of, whole};

/// Number, text, and the names of the parts of a result that has several.
const TABLE: [(u16, &str, &str); 13] = [
    (1, "add(i64,i64)->i64", ""),
    (2, "echo(bytes)->bytes", ""),
    (3, "append(string,bytes)->u64", ""),
    (4, "get(string)->bytes", ""),
    (5, "open(string)->u32", ""),
    (6, "read(u32,u32)->bytes", ""),
    (7, "close(u32)->()", ""),
    (8, "gate(string)->bytes", ""),
    (9, "whoami()->(u32,u32,u32)", "uid gid pid"),
    (10, "stats()->(u64,u64)", "executed entries"),
    (11, "list()->[(u16,string)]", ""),
    (12, "watch(string)->u32", ""),
    (13, "unwatch(u32)->()", ""),
];

/// The callback: what rpcd calls, and rpcc answers.
const CALLBACK: (u16, &str, &str) = (100, "changed(u32,u64)->()", "");

/// A method, as both sides know it.
#[derive(Debug)]
pub struct Method {
    /// Its number on the wire.
    pub number: u16,
    /// Its name on command lines.
    pub name: &'static str,
    /// What `list` tells.
    pub text: &'static str,
    arguments: Vec<Type>,
    result: Type,
    labels: Vec<&'static str>,
}

/// All methods of rpcd, in the order of their numbers.
pub static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| TABLE.iter().map(Method::read).collect());
/// The method of rpcc.
pub static CHANGED: LazyLock<Method> = LazyLock::new(|| Method::read(&CALLBACK));

/// The method of a number.
#[must_use]
pub fn by_number(number: u16) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.number == number)
}

/// The method of a name.
#[must_use]
pub fn by_name(name: &[u8]) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name.as_bytes() == name)
}

impl Method {
    fn read(&(number, text, labels): &(u16, &'static str, &'static str)) -> Self {
        let mut rest = text;
        let name = rest.split('(').next().unwrap_or(text);
        rest = &rest[name.len()..];
        let arguments = match read_type(&mut rest) {
            Type::Tuple(types) => types,
            other => vec![other],
        };
        rest = rest.trim_start_matches("->");
        let result = read_type(&mut rest);
        Self { number, name, text, arguments, result, labels: labels.split_whitespace().collect() }
    }

    /// The arguments of a call; `None` is error 2.
    #[must_use]
    pub fn arguments(&self, body: &[u8]) -> Option<Vec<Value>> {
        whole(&self.arguments, body)
    }

    /// The result of a call; `None` if the bytes are none.
    #[must_use]
    pub fn result(&self, body: &[u8]) -> Option<Value> {
        whole(std::slice::from_ref(&self.result), body)?.pop()
    }

    /// The body of a call.
    #[must_use]
    pub fn call(&self, arguments: &[Value]) -> Vec<u8> {
        [self.number.to_le_bytes().to_vec(), bytes_of(arguments)].concat()
    }

    /// The body of a call whose arguments are words; `None` if there are too many or too few, or one has no such value.
    #[must_use]
    pub fn call_of_words(&self, words: &[&[u8]]) -> Option<Vec<u8>> {
        let is_complete = words.len() == self.arguments.len();
        let pairs = self.arguments.iter().zip(words);
        let values: Vec<Value> = pairs.map(|(kind, word)| kind.parse(word)).collect::<Option<_>>()?;
        is_complete.then(|| self.call(&values))
    }

    /// How many arguments it has.
    #[must_use]
    pub fn arity(&self) -> usize {
        self.arguments.len()
    }

    /// What rpcc prints.
    #[must_use]
    pub fn show(&self, result: &Value) -> Vec<u8> {
        let line = |mut text: Vec<u8>| {
            text.push(b'\n');
            text
        };
        match result {
            Value::Bytes(bytes) => bytes.clone(),
            Value::Tuple(parts) if parts.is_empty() => Vec::new(),
            Value::Tuple(parts) => {
                let pairs = self.labels.iter().zip(parts);
                let words = pairs.map(|(label, part)| [label.as_bytes(), b"=", &part.text()].concat());
                line(words.collect::<Vec<_>>().join(&b' '))
            }
            Value::List(items) if items.is_empty() => Vec::new(),
            other => line(other.text()),
        }
    }
}

/// Reads a type from the front of a text of the table. What it does not know is a slip in the table: the test below.
fn read_type(rest: &mut &'static str) -> Type {
    if let Some(inner) = rest.strip_prefix('(') {
        *rest = inner;
        return Type::Tuple(read_until(rest, ')'));
    }
    if let Some(inner) = rest.strip_prefix('[') {
        *rest = inner;
        return Type::List(Box::new(read_until(rest, ']').pop().unwrap_or(Type::Bytes)));
    }
    let end = rest.find([',', ')', ']']).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    *rest = behind;
    match name {
        "u16" => Type::U16,
        "u32" => Type::U32,
        "u64" => Type::U64,
        "i64" => Type::I64,
        "string" => Type::Text,
        _ => Type::Bytes,
    }
}

fn read_until(rest: &mut &'static str, end: char) -> Vec<Type> {
    let mut types = Vec::new();
    loop {
        if let Some(behind) = rest.strip_prefix(end) {
            *rest = behind;
            return types;
        }
        *rest = rest.strip_prefix(',').unwrap_or(rest);
        if rest.is_empty() {
            return types;
        }
        types.push(read_type(rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: &Type) -> String {
        let names = |types: &[Type]| types.iter().map(name).collect::<Vec<_>>().join(",");
        match kind {
            Type::U16 => "u16".into(),
            Type::U32 => "u32".into(),
            Type::U64 => "u64".into(),
            Type::I64 => "i64".into(),
            Type::Bytes => "bytes".into(),
            Type::Text => "string".into(),
            Type::Tuple(types) => format!("({})", names(types)),
            Type::List(item) => format!("[{}]", name(item)),
        }
    }

    #[test]
    fn every_text_is_read_as_it_stands() {
        for method in METHODS.iter().chain([&*CHANGED]) {
            let arguments = Type::Tuple(method.arguments.clone());
            let again = format!("{}{}->{}", method.name, name(&arguments), name(&method.result));
            assert_eq!(again, method.text);
        }
    }
}

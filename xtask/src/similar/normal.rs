//! Pure: of a file's tokens those that say how the program works.
//!
//! Left out is what changes when a function is moved to another file or formatted by another hand: attributes, imports,
//! `mod x;`, `pub`, the beginning of a path (`crate::a::f` is `f`), the comma before a closing bracket.

use super::lexer::{Kind, Token, keyword, tokens};

const AS: Kind = keyword("as");
const CRATE: Kind = keyword("crate");
const MOD: Kind = keyword("mod");
const PUB: Kind = keyword("pub");
const SELF: Kind = keyword("self");
const SUPER: Kind = keyword("super");
const USE: Kind = keyword("use");

/// The tokens of a source that are compared.
#[must_use]
pub fn normal(source: &[u8]) -> Vec<Token> {
    let all = tokens(source);
    let mut kept: Vec<Token> = Vec::with_capacity(all.len());
    let mut place = 0;
    while let Some(token) = all.get(place) {
        let skipped = left_out(&all[place..]);
        if skipped == 0 {
            let is_closing = matches!(token.kind, Kind::Sign(b')' | b']' | b'}'));
            if is_closing && kept.last().is_some_and(|last| last.kind == Kind::Sign(b',')) {
                kept.pop();
            }
            kept.push(*token);
        }
        place += skipped.max(1);
    }
    kept
}

/// How many of the first tokens are left out.
fn left_out(rest: &[Token]) -> usize {
    let kind = |place: usize| rest.get(place).map(|token| token.kind);
    match kind(0) {
        Some(Kind::Sign(b'#')) if kind(1) == Some(Kind::Sign(b'[')) => bracketed(rest, 1),
        Some(Kind::Sign(b'#')) if kind(1) == Some(Kind::Sign(b'!')) && kind(2) == Some(Kind::Sign(b'[')) => {
            bracketed(rest, 2)
        }
        Some(PUB) if kind(1) == Some(Kind::Sign(b'(')) && is_scope(kind(2)) => bracketed(rest, 1),
        Some(PUB) => 1,
        Some(MOD) if kind(1) == Some(Kind::Name) && kind(2) == Some(Kind::Sign(b';')) => 3,
        Some(USE) if kind(1) != Some(Kind::Sign(b'<')) => import(rest),
        Some(Kind::Name | SELF | SUPER | CRATE) if kind(1) == Some(Kind::Path) && is_step(kind(2)) => 2,
        // `::name`, from the root or behind `<T as Trait>`.
        Some(Kind::Path) if kind(1) == Some(Kind::Name) => 1,
        _ => 0,
    }
}

/// What may stand behind `pub(`.
fn is_scope(kind: Option<Kind>) -> bool {
    // `crate`, `super`, `self`, `in`; a type in brackets does not begin like this.
    matches!(kind, Some(Kind::Keyword(_)))
}

/// What may follow `a::` so that `a::` says only where it is.
fn is_step(kind: Option<Kind>) -> bool {
    matches!(kind, Some(Kind::Name | SELF | SUPER | CRATE))
}

/// Up to the bracket that closes the one at `open`, which may be missing.
fn bracketed(rest: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (place, token) in rest.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Sign(b'(' | b'[' | b'{') => depth += 1,
            Kind::Sign(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    rest.len()
}

/// Up to the semicolon; not farther than an import can go, if that is missing.
fn import(rest: &[Token]) -> usize {
    let is_of_import = |kind: Kind| {
        matches!(kind, Kind::Name | Kind::Path | AS | CRATE | SELF | SUPER)
            || matches!(kind, Kind::Sign(b'{' | b'}' | b',' | b'*'))
    };
    let length = 1 + rest[1..].iter().take_while(|token| is_of_import(token.kind)).count();
    match rest.get(length) {
        Some(token) if token.kind == Kind::Sign(b';') => length + 1,
        _ => length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn kinds(source: &str) -> Vec<Kind> {
        normal(source.as_bytes()).iter().map(|token| token.kind).collect()
    }

    #[rstest]
    #[case::renamed("fn a(b: u8) -> c {}", "fn x(y: i64) -> Z {}")]
    #[case::other_literals("f(1, \"a\", 'b', true)", "f(0xff, r#\"\"#, b'c', false)")]
    #[case::commented("f(); g()", "f(); // one\n/* two /* three */ */ g()")]
    #[case::formatted("f(a, b)", "f(\n    a,\n    b,\n)")]
    #[case::visible("fn f() {}", "pub(in crate::a) fn f() {}")]
    #[case::an_attribute("struct A;", "#[derive(Debug, Clone)]\n#[allow(x = [1])]\npub struct A;")]
    #[case::moved("f(x)", "crate::a::b::f(super::x)")]
    #[case::from_the_root("f(x)", "::a::f(x)")]
    #[case::imported("f(x)", "use a::{b, c::{self, d as e}, *};\nmod g;\nf(x)")]
    #[case::of_self("A::new()", "Self::new()")]
    fn what_a_copy_changes_changes_nothing(#[case] one: &str, #[case] other: &str) {
        assert_eq!(kinds(one), kinds(other));
    }

    #[rstest]
    #[case("a + b", "a - b")]
    #[case("if a {}", "while a {}")]
    #[case("a::<b>()", "a()")]
    #[case("let (a, b) = c;", "let a = c;")]
    #[case("pub struct A(B);", "pub struct A(pub (B, C));")]
    #[case("impl A + use<'a> {}", "impl A {}")]
    fn what_a_program_does_stays(#[case] one: &str, #[case] other: &str) {
        assert_ne!(kinds(one), kinds(other));
    }

    #[test]
    fn an_unfinished_import_or_attribute_ends() {
        assert_eq!(kinds("use a::b fn f() {}"), kinds("fn f() {}"));
        assert_eq!(kinds("#[a fn f() {}"), []);
    }

    #[test]
    fn each_token_knows_its_line() {
        let lines: Vec<u32> = normal(b"// one\nfn\n/*\n*/ f\n\"a\nb\" 'x").iter().map(|t| t.line).collect();
        assert_eq!(lines, [2, 4, 5, 6]);
    }
}

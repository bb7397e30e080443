//! Types with arguments, and what of the arguments is a name.

use std::borrow::Cow;

use crate::stacktrace::scan::Header;

/// Arguments of types within each other that are told apart; people write no more.
const MAX_BRACKETS: usize = 32;

/// ``Namespace.Type`1[Namespace.Argument]: value``: the arguments are a part of the type.
pub(super) fn read(line: &str) -> Option<Header<'_>> {
    let close = line.find("]: ").or_else(|| line.strip_suffix(']').map(str::len))?;
    let (name, rest) = line.split_at_checked(close + 1)?;
    let (plain, arguments) = name.split_once('`')?;
    let digits = arguments.bytes().take_while(u8::is_ascii_digit).count();
    let is_list = digits > 0 && arguments.get(digits..)?.starts_with('[');
    let Header { module, kind, number: None, value: None } = Header::read(plain)? else {
        return None;
    };
    let kind = name.get(plain.strip_suffix(kind)?.len()..)?;
    is_list.then_some(Header { module, kind, number: None, value: rest.strip_prefix(": ") })
}

/// A type whose arguments are told without the assemblies they are in, which change with each version:
/// ``Cache`1[[Shop.Order, Shop, Version=1.2.3.4]]`` is ``Cache`1[Shop.Order]``.
pub(crate) fn without_assemblies(kind: &str) -> Cow<'_, str> {
    if !kind.contains('`') || !kind.contains("[[") && !kind.contains(",[") && !kind.contains(", ") {
        return Cow::Borrowed(kind);
    }
    let mut plain = String::with_capacity(kind.len());
    // Of each bracket that is open, whether it stands around a single argument.
    let mut open: Vec<bool> = Vec::new();
    let mut assembly_at = None;
    let mut before = ' ';
    for part in kind.chars() {
        let is_around_one = open.last().copied().unwrap_or_default();
        match part {
            '[' if open.len() < MAX_BRACKETS => {
                let is_around_one = !open.is_empty() && matches!(before, '[' | ',');
                open.push(is_around_one);
                plain.extend((!is_around_one && assembly_at.is_none()).then_some(part));
            }
            ']' => {
                let was_around_one = open.pop().unwrap_or_default();
                if assembly_at.is_some_and(|depth| depth > open.len()) {
                    assembly_at = None;
                }
                plain.extend((!was_around_one && assembly_at.is_none()).then_some(part));
            }
            ',' if is_around_one => assembly_at = assembly_at.or(Some(open.len())),
            ' ' => continue,
            _ if assembly_at.is_none() => plain.push(part),
            _ => {}
        }
        before = part;
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_without_their_assemblies() {
        let check = |kind: &str, expected| assert_eq!(without_assemblies(kind), expected, "{kind}");
        const SHOP: &str = "Shop, Version=1.2.3.4, Culture=neutral, PublicKeyToken=null";
        check(&format!("Cache`1[[Shop.Order, {SHOP}]]"), "Cache`1[Shop.Order]");
        check("Cache`1[Shop.Order]", "Cache`1[Shop.Order]");
        check(&format!("A.Pair`2[[A.B, {SHOP}],[C.D, {SHOP}]]"), "A.Pair`2[A.B,C.D]");
        check("A.Pair`2[A.B, C.D]", "A.Pair`2[A.B,C.D]");
        check(
            &format!("Cache`1[[A.List`1[[Shop.Order[], {SHOP}]], mscorlib, Version=4.0.0.0]]"),
            "Cache`1[A.List`1[Shop.Order[]]]",
        );
        check(
            &format!("Cache`1[[A.Map`2[[A.B[,], {SHOP}],[C.D, {SHOP}]][], A, Version=4.0.0.0]]"),
            "Cache`1[A.Map`2[A.B[,],C.D][]]",
        );
        check("Order, Shop", "Order, Shop");
        assert_eq!(without_assemblies(&format!("`{}", "[".repeat(99))).len(), 2 + 99 - 32);
    }
}

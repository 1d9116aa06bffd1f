use std::sync::Arc;

use symbolon_client::AgreementBook;

use crate::fixture::agreement;

#[test]
fn an_agreement_is_found_by_its_id_only_while_it_is_in_the_book() {
    let book = AgreementBook::default();
    let (one, two) = (agreement("one-2026"), agreement("two-2026"));
    assert!(book.all().is_empty());
    assert_eq!(book.find(&one.terms().id), None);
    book.replace(vec![one.clone(), two.clone()]);
    assert_eq!(book.find(&one.terms().id), Some(one.clone()));
    assert_eq!(book.find(&two.terms().id), Some(two.clone()));
    assert_eq!(book.find(&"three-2026".parse().unwrap()), None);
    book.replace(vec![two.clone()]);
    assert_eq!(book.find(&one.terms().id), None);
    assert_eq!(*book.all(), [two]);
}

#[test]
fn what_was_read_from_the_book_does_not_change_under_the_reader() {
    let book = AgreementBook::default();
    let one = agreement("one-2026");
    book.replace(vec![one.clone()]);
    let read = book.all();
    book.replace(Vec::new());
    assert_eq!(*read, [one]);
    assert!(book.all().is_empty());
}

#[test]
fn all_copies_are_the_same_book() {
    let book = AgreementBook::default();
    let copy = book.clone();
    book.replace(vec![agreement("one-2026")]);
    assert!(Arc::ptr_eq(&book.all(), &copy.all()));
}

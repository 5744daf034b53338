use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{FileDicomObject, FileMetaTableBuilder, InMemDicomObject};
use dicom_transfer_syntax_registry::{TransferSyntax, entries};

use super::encoding::{Encoding, Syntax};
use super::lengths::Elements;
use super::unreadable::Unreadable;

/// A data set in memory, up to and with its pixels.
pub type Object = FileDicomObject<InMemDicomObject>;

/// Parses the bytes of a file, with or without preamble and file header.
///
/// Only what [`Elements::pixels_end`] has walked is handed to the parser, so that padding and garbage after the
/// pixels do no harm.
///
/// # Errors
/// Any variant of [`Unreadable`] that is not about an attribute or a pixel.
pub fn open(bytes: &[u8]) -> Result<(Object, Syntax), Unreadable> {
    let (named, start) = file_header(bytes)?;
    let syntax = named.map_or_else(|| guess(&bytes[start..]), Ok)?;
    let elements = Elements { bytes, encoding: syntax.encoding };
    let end = elements.pixels_end(start).map_err(|error| match error {
        Unreadable::Truncated { at } | Unreadable::Malformed { at } if at == start => Unreadable::NotDicom,
        error => error,
    })?;
    let data_set = InMemDicomObject::read_dataset_with_ts(&bytes[start..end], &parser(syntax.encoding))
        .map_err(|_| Unreadable::Contents)?;
    let header = FileMetaTableBuilder::new().transfer_syntax(syntax.uid);
    let object = data_set.with_meta(header).map_err(|_| Unreadable::Contents)?;
    Ok((object, syntax))
}

/// Returns the transfer syntax that the file header (PS3.10 §7.1) names, if there is one and it does, and where the
/// data set begins.
fn file_header(bytes: &[u8]) -> Result<(Option<Syntax>, usize), Unreadable> {
    let elements = Elements { bytes, encoding: Encoding::ExplicitLittle };
    let mut at = if bytes.get(128..132) == Some(b"DICM") {
        132
    } else if bytes.starts_with(b"DICM") {
        4
    } else {
        0
    };
    let mut syntax = None;
    while let Some(Tag(2, _)) = elements.tag(at) {
        let element = elements.element(at, bytes.len())?;
        let end = element.end.ok_or(Unreadable::Malformed { at })?;
        if element.tag == tags::TRANSFER_SYNTAX_UID {
            let uid = bytes[element.value..end].trim_ascii_end();
            let uid = uid.strip_suffix(&[0]).unwrap_or(uid);
            let uid = str::from_utf8(uid).map_err(|_| Unreadable::Syntax)?;
            syntax = Some(Syntax::named(uid).ok_or(Unreadable::Syntax)?);
        }
        at = end;
    }
    Ok((syntax, at))
}

/// Guesses how a data set is written from its first element, whose group is small and whose value representation,
/// if it has one, is known.
fn guess(data_set: &[u8]) -> Result<Syntax, Unreadable> {
    let [group_low, group_high, _, _, first, second, ..] = *data_set else {
        return Err(Unreadable::NotDicom);
    };
    let explicit = VR::from_binary([first, second]).is_some();
    let encoding = match (explicit, group_low == 0 && group_high > 0) {
        (true, true) => Encoding::ExplicitBig,
        (true, false) => Encoding::ExplicitLittle,
        (false, _) => Encoding::ImplicitLittle,
    };
    Ok(Syntax::uncompressed(encoding))
}

fn parser(encoding: Encoding) -> TransferSyntax {
    match encoding {
        Encoding::ImplicitLittle => entries::IMPLICIT_VR_LITTLE_ENDIAN.erased(),
        Encoding::ExplicitLittle => entries::EXPLICIT_VR_LITTLE_ENDIAN.erased(),
        Encoding::ExplicitBig => entries::EXPLICIT_VR_BIG_ENDIAN.erased(),
    }
}

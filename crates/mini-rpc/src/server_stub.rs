//! The server's stub: **receive, unpack, call, pack, send**. The procedure itself knows nothing of messages.

use crate::export::{Code, Export, LIST, Refusal};
use crate::frame::{BadFrame, Kind, Message, VERSION};
use crate::pack::Packer;
use crate::stream::{self, NoFrame};
use crate::unpack::Unpacker;
use std::io::{Read, Write};

/// Serves one client until it hangs up.
///
/// # Errors
/// When the stream fails, or carries what is no frame: after that nobody knows where the next one begins.
pub fn serve(mut stream: impl Read + Write, exported: &mut dyn Export) -> anyhow::Result<()> {
    loop {
        let frame = match stream::receive(&mut stream) {
            Ok(frame) => frame,
            Err(NoFrame::End) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        stream::send(&mut stream, &answer_frame(&frame, exported)?)?;
    }
}

/// From the frame of a call to the frame of its return.
///
/// # Errors
/// When it is no call that can be answered.
pub fn answer_frame(frame: &[u8], exported: &mut dyn Export) -> Result<Vec<u8>, BadFrame> {
    match Message::from_frame(frame) {
        Ok(call) if call.kind == Kind::Call => answer(&call, exported).to_frame(),
        Ok(other) => Err(BadFrame::Kind(other.kind as u8)),
        Err(BadFrame::Version { version, client, number }) => {
            // The highest version that we know, as a byte: a client can go on with it.
            let text = format!("version {version} is not known, {VERSION} is");
            let refusal = Refusal { code: Code::Version, text };
            Message::call(client, number, Vec::new()).answer(pack_outcome(Err(refusal))).to_frame()
        }
        Err(bad) => Err(bad),
    }
}

/// From call to return: unpack, call, pack.
pub fn answer(call: &Message, exported: &mut dyn Export) -> Message {
    let mut body = Unpacker::new(&call.body);
    let outcome = body.u8().map_err(Refusal::from).and_then(|method| {
        if method == LIST.number { list(body, exported) } else { exported.perform(method, body) }
    });
    call.answer(pack_outcome(outcome))
}

/// Status and result, or status and reason.
#[must_use]
pub fn pack_outcome(outcome: Result<Vec<u8>, Refusal>) -> Vec<u8> {
    match outcome {
        Ok(result) => [&[0], result.as_slice()].concat(),
        Err(refusal) => [&[refusal.code as u8], refusal.text.as_bytes()].concat(),
    }
}

fn list(arguments: Unpacker<'_>, exported: &dyn Export) -> Result<Vec<u8>, Refusal> {
    arguments.finish()?;
    let mut packed = Packer::new();
    for method in [&LIST].into_iter().chain(exported.methods()) {
        packed = packed.u8(method.number).text(method.signature)?;
    }
    Ok(packed.done())
}

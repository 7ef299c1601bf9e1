//! The only file that meets the library.

use anyhow::{Context, Result};
use autopsy::{Report, Role, Scene, World, examine, prove};

use crate::order::{Order, Told};

/// Lines of the short form, as in a check's report.
const LINES: usize = 12;

/// The scene as a check would make it.
pub(crate) fn scene(order: &Order, members: Vec<i32>, is_closed: bool) -> Scene {
    let mut scene = Scene::of(members);
    scene.watcher = Some(std::process::id().cast_signed());
    scene.world = if is_closed { World::Closed } else { World::Open };
    let role = |words: &String| Role { exe: order.program.clone(), words: words.clone() };
    scene.roles = order.role.iter().map(role).collect();
    scene
}

/// A proof if there is one, else what one look says.
pub(crate) fn tell(scene: &Scene) -> Result<Told> {
    let report = prove(scene).unwrap_or_else(|| examine(scene));
    Ok(Told {
        verdict: format!("{:?}", report.verdict),
        causes: report.causes.iter().map(|cause| format!("{:?}", cause.kind)).collect(),
        fixes: report.causes.iter().flat_map(|cause| cause.fixes.clone()).collect(),
        short: report.short(LINES),
        full: report.full(),
        json: serde_json::to_value(&report).context("encode the report")?,
    })
}

/// The text of a proof, if there is one.
pub(crate) fn accuse(scene: &Scene) -> Option<String> {
    prove(scene).as_ref().map(Report::full)
}

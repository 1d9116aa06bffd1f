use crate::{Agreement, BureauCode, Reason, Refusal, rules::RulePackHash};

impl Agreement {
    /// Whether `party` decides by the rule pack that it has promised the others, if `in_force` is in
    /// force there. Who has promised none may decide by any.
    ///
    /// # Errors
    /// When it has promised another: then nothing is asked, answered or released there under this
    /// agreement.
    pub fn holds_promise(
        &self,
        party: &BureauCode,
        in_force: &RulePackHash,
    ) -> Result<(), Refusal> {
        let conditions = self.terms().conditions.as_ref();
        match conditions.and_then(|conditions| conditions.rule_packs.get(party)) {
            Some(promised) if promised != in_force => Err(Refusal::new(
                Reason::RulesNotAsPromised,
                format!(
                    "in agreement {} {party} has promised to decide by the rule pack {promised}, and \
                     has another in force; nothing is decided under it until that one is in force \
                     again, or all parties have signed another text",
                    self.terms().id
                ),
            )),
            _ => Ok(()),
        }
    }
}

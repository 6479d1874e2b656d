//! `calbridge completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print the completions of a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge completions bash > ~/.local/share/bash-completion/completions/calbridge
  calbridge completions zsh > ~/.zfunc/_calbridge
  calbridge completions fish > ~/.config/fish/completions/calbridge.fish")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<()> {
        // Written at once: the generator does not expect its reader to leave.
        let mut text = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut super::Cli::command(),
            "calbridge",
            &mut text,
        );
        std::io::Write::write_all(&mut std::io::stdout().lock(), &text)?;
        Ok(())
    }
}

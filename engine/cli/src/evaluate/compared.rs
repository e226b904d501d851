//! Two models' answers to the same questions, judged alike.

use crate::i18n::Language;
use crate::poetry::judge;

/// By question, over its answers.
#[derive(Debug, Default, PartialEq)]
pub struct Compared {
    pub wins: usize,
    pub ties: usize,
    pub losses: usize,
    /// Of each question, by how much the mean score of the first model is higher.
    differences: Vec<f64>,
}

impl Compared {
    /// Holds answers against others; of each question they stand one after the other.
    pub fn new(questions: &[&str], poets: &[&str], ours: &[String], theirs: &[String]) -> Self {
        let samples = (ours.len() / questions.len().max(1)).max(1);
        let mut out = Self::default();
        let answers = ours.chunks(samples).zip(theirs.chunks(samples));
        for ((question, poet), (ours, theirs)) in questions.iter().zip(poets).zip(answers) {
            let mean = |answers: &[String]| {
                let scores = answers.iter().map(|answer| judge(question, poet, answer).score());
                Some(scores.sum::<Option<f64>>()? / samples as f64)
            };
            let Some(difference) = mean(ours).zip(mean(theirs)).map(|(a, b)| a - b) else { continue };
            match difference {
                d if d > 1e-9 => out.wins += 1,
                d if d < -1e-9 => out.losses += 1,
                _ => out.ties += 1,
            }
            out.differences.push(difference);
        }
        out
    }

    /// The mean difference of scores, out of 1, and its standard error.
    fn difference(&self) -> (f64, f64) {
        let n = self.differences.len().max(1) as f64;
        let mean = self.differences.iter().sum::<f64>() / n;
        let squares: f64 = self.differences.iter().map(|d| (d - mean).powi(2)).sum();
        (mean, (squares / (n - 1.0).max(1.0) / n).sqrt())
    }

    /// Says who did better, and by how much.
    pub fn print(&self, language: Language) {
        let (mean, error) = self.difference();
        let [mean, error] = [mean, error].map(|number| format!("{:.1}", 100.0 * number));
        let (wins, ties, losses) = (self.wins, self.ties, self.losses);
        say!(
            "{}",
            t!(language, "poetry-against", wins = wins, ties = ties, losses = losses, mean = mean, error = error)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_won_by_the_mean_score_of_their_answers() {
        let four = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。".to_owned();
        let bad = "床前".to_owned();
        let (question, other) = ("写一首五言绝句", "你好");
        let ours = [four.clone(), bad.clone(), four.clone(), four.clone(), bad.clone(), bad.clone()];
        let theirs = [bad.clone(), bad.clone(), four.clone(), four.clone(), four, bad];
        let found = Compared::new(&[question, question, other], &["", "", ""], &ours, &theirs);
        assert_eq!((found.wins, found.ties, found.losses), (1, 1, 0), "the third asks for nothing that can be judged");
        let (mean, error) = found.difference();
        // Half of one question's answers: form and rhyme, 1 against 0; the other question is even.
        assert!((mean - 0.25).abs() < 1e-9 && (error - 0.25).abs() < 1e-9, "{mean} {error}");
    }
}

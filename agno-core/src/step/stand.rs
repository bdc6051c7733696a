//! [`Stand`]: what stands in for a step in a test. Without the feature `testing` it is nothing, and costs nothing.

#[cfg(feature = "testing")]
use crate::testing::Double;

/// What stands in for a step in this attempt, if anything does.
#[derive(Debug, Default)]
pub struct Stand {
    #[cfg(feature = "testing")]
    pub(crate) double: Option<Double>,
}

#[cfg(feature = "testing")]
impl Stand {
    /// What stands in.
    #[must_use]
    pub fn get<F: 'static>(&self) -> Option<&F> {
        self.double.as_ref().map(Double::stand_in)
    }

    /// Waits as long as the double says.
    pub async fn wait(&self) {
        if let Some(delay) = self.double.as_ref().map(Double::delay) {
            tokio::time::sleep(delay).await;
        }
    }
}

#[cfg(not(feature = "testing"))]
impl Stand {
    /// Nothing stands in.
    #[must_use]
    pub fn get<F: 'static>(&self) -> Option<&F> {
        None
    }

    /// Nothing waits.
    pub fn wait(&self) -> std::future::Ready<()> {
        std::future::ready(())
    }
}

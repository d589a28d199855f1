package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.coordinator.JournalConformance;
import dev.restbus.coordinator.journal.Journal;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedJournalTest extends JournalConformance {

    @TempDir Path folder;

    @Override
    protected Journal open() {
        return EmbeddedJournal.open(new FileDisk(), folder.resolve("journal"));
    }

    @AfterEach
    void theLogIsSound() throws IOException {
        LogCheck.Report report = LogCheck.checkLog(new FileDisk(), folder.resolve("journal"));
        assertThat(report.sound()).as("%s", report.findings()).isTrue();
    }
}

package adreporting.connectors;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.Admin;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.Producer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.KafkaException;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartitionInfo;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.taskexecutor.GlobalAggregateManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends punctuations to the quiet partitions of a topic, so that minutes are published when traffic stops or never comes
 * to some partition.
 *
 * <p>A punctuation is a message like {@code {"punctuation": "2026-11-22 16:07:00.000"}}: no event before that time is to
 * be expected in this partition. Because it is in the topic, whoever reads the topic again finds the same silence.
 *
 * <p>A thread of the first source task looks once a second. Whatever goes wrong in it is logged and tried again; the
 * pipeline goes on without.
 */
final class SilenceWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SilenceWriter.class);
    private static final DateTimeFormatter SQL_TIMESTAMP =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);
    private static final long EVERY_MS = 1_000;
    private static final int ANSWER_MS = 3_000;

    /**
     * What to watch and how to say it.
     *
     * @param properties of the table's Kafka client, security among them
     */
    record Settings(String topic, String field, long afterMs, Properties properties) implements Serializable {}

    /** The newest watermark of all source tasks; each knows only its own partitions. */
    private static final class Newest implements AggregateFunction<Long, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public Long createAccumulator() {
            return Long.MIN_VALUE;
        }

        @Override
        public Long add(Long value, Long accumulator) {
            return Math.max(value, accumulator);
        }

        @Override
        public Long getResult(Long accumulator) {
            return accumulator;
        }

        @Override
        public Long merge(Long a, Long b) {
            return Math.max(a, b);
        }
    }

    private final Settings settings;
    private final boolean first;
    private final GlobalAggregateManager sharedByTasks;
    private final LongSupplier newestWatermark;
    private final Counter punctuations;
    private final Silence silence;
    private final Thread thread;
    private Admin admin;
    private Producer<byte[], byte[]> producer;
    private String complaint = "";

    /**
     * @param first true in the one task that sends
     * @param newestWatermark of this task's partitions, from events alone
     */
    SilenceWriter(
            Settings settings,
            boolean first,
            GlobalAggregateManager sharedByTasks,
            LongSupplier newestWatermark,
            Counter punctuations) {
        this.settings = settings;
        this.first = first;
        this.sharedByTasks = sharedByTasks;
        this.newestWatermark = newestWatermark;
        this.punctuations = punctuations;
        this.silence = new Silence(settings.afterMs());
        this.thread = new Thread(this::run, "silence-writer-" + settings.topic());
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join(2L * ANSWER_MS);
    }

    private void run() {
        try {
            while (true) {
                look();
                Thread.sleep(EVERY_MS);
            }
        } catch (InterruptedException | org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.InterruptException e) {
            LOG.debug("The task ends.");
        } finally {
            // Not to be interrupted any more while the clients close.
            Thread.interrupted();
            if (admin != null) {
                admin.close(Duration.ZERO);
            }
            if (producer != null) {
                producer.close(Duration.ZERO);
            }
        }
    }

    private void look() throws InterruptedException {
        Map<Integer, Long> ends = Map.of();
        try {
            long watermark = newestOfAllTasks();
            if (!first) {
                return;
            }
            try {
                ends = ends();
            } finally {
                // Without an answer, too: that is what breaks a silence.
                send(silence.observe(TimeUnit.NANOSECONDS.toMillis(System.nanoTime()), ends, watermark));
            }
            complaint = "";
        } catch (IOException | ExecutionException | TimeoutException | KafkaException e) {
            if (e instanceof org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.InterruptException) {
                throw (KafkaException) e;
            }
            if (!complaint.equals(String.valueOf(e.getMessage()))) {
                complaint = String.valueOf(e.getMessage());
                LOG.warn("Silence in topic {} cannot be watched or written down now: {}", settings.topic(), complaint);
            }
        }
    }

    private long newestOfAllTasks() throws IOException {
        return sharedByTasks.updateGlobalAggregate(
                "newest watermark of topic " + settings.topic(), newestWatermark.getAsLong(), new Newest());
    }

    private Map<Integer, Long> ends() throws InterruptedException, ExecutionException, TimeoutException {
        if (admin == null) {
            admin = Admin.create(client());
        }
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (TopicPartitionInfo partition :
                admin.describeTopics(List.of(settings.topic()))
                        .allTopicNames()
                        .get(ANSWER_MS, TimeUnit.MILLISECONDS)
                        .get(settings.topic())
                        .partitions()) {
            wanted.put(new TopicPartition(settings.topic(), partition.partition()), OffsetSpec.latest());
        }
        ListOffsetsResult answer = admin.listOffsets(wanted);
        Map<Integer, Long> ends = new HashMap<>();
        for (TopicPartition partition : wanted.keySet()) {
            ends.put(
                    partition.partition(),
                    answer.partitionResult(partition).get(ANSWER_MS, TimeUnit.MILLISECONDS).offset());
        }
        return ends;
    }

    private void send(Map<Integer, Long> claims) throws InterruptedException, ExecutionException, TimeoutException {
        if (claims.isEmpty()) {
            return;
        }
        if (producer == null) {
            producer = new KafkaProducer<>(client(), new ByteArraySerializer(), new ByteArraySerializer());
        }
        Map<Integer, Future<RecordMetadata>> sent = new HashMap<>();
        claims.forEach(
                (partition, watermark) -> sent.put(partition, producer.send(punctuation(partition, watermark))));
        for (Map.Entry<Integer, Future<RecordMetadata>> entry : sent.entrySet()) {
            long offset = entry.getValue().get(2L * ANSWER_MS, TimeUnit.MILLISECONDS).offset();
            silence.written(entry.getKey(), offset);
            punctuations.inc();
        }
    }

    private ProducerRecord<byte[], byte[]> punctuation(int partition, long watermark) {
        String message =
                String.format(
                        "{\"%s\": \"%s\"}",
                        settings.field(), SQL_TIMESTAMP.format(Instant.ofEpochMilli(watermark)));
        return new ProducerRecord<>(settings.topic(), partition, null, message.getBytes(StandardCharsets.UTF_8));
    }

    private Properties client() {
        Properties client = new Properties();
        settings.properties().forEach(client::put);
        client.put("default.api.timeout.ms", ANSWER_MS);
        client.put("request.timeout.ms", ANSWER_MS);
        client.put("delivery.timeout.ms", 2 * ANSWER_MS);
        client.put("max.block.ms", ANSWER_MS);
        client.put("linger.ms", 0);
        return client;
    }
}

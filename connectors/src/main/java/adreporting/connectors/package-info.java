/**
 * The Kafka source {@code audited-kafka}: Flink's own Kafka source, whose rows also know what came before them in their
 * partition, and which writes silence down in the topic.
 *
 * <p>{@link adreporting.connectors.MessageDecoder} makes rows of messages.
 * {@link adreporting.connectors.PartitionHistoryOperator} remembers the last offset and the watermark of each
 * partition in the checkpoint. {@link adreporting.connectors.SilenceWriter} sends a punctuation to each partition that
 * is proven to be quiet; {@link adreporting.connectors.Silence} decides when that is.
 */
package adreporting.connectors;

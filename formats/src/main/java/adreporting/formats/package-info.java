/**
 * The Kafka value format {@code guarded-json}: JSON objects to rows, fast, and never a message lost.
 *
 * <p>One message gives one row, whatever it holds. {@link adreporting.formats.PlainReader} reads the plain shape that
 * events have; anything unusual goes to {@link adreporting.formats.FlinkJson}, Flink's own decoder, which is the judge
 * of what is valid; what it refuses becomes a row of NULLs whose metadata say why.
 */
package adreporting.formats;

"""Speech to text: decoding any voice clip, Whisper with hints, the silence gate, and the model's files."""

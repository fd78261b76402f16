"""What `engine_overhead` lets both sides do."""

STORY = "Tell me a story about a bicycle shop in exactly three short sentences."
REVIEWS, CALL, PHOTOS, SALES = "reviews-40.csv", "order.ogg", "photos", "sales.csv"
LABELS = ["praise", "complaint", "question"]
